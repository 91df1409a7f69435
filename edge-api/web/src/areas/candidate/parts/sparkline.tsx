/** Scores from 1 to 5 over time as a small line; the words say the same. */
export function Sparkline({ values, words }: { values: readonly number[]; words: string }) {
  const points = values.map(
    (value, at) => `${4 + (at * 152) / (values.length - 1)},${36 - ((value - 1) * 32) / 4}`,
  );
  return (
    <figure className="flex flex-wrap items-center gap-4">
      <svg viewBox="0 0 160 40" aria-hidden="true" className="h-10 w-40">
        <polyline points={points.join(" ")} fill="none" stroke="var(--accent)" strokeWidth="2" />
        {points.map((point, at) => (
          <circle
            key={point}
            cx={point.split(",")[0]}
            cy={point.split(",")[1]}
            r={at === points.length - 1 ? 3 : 2}
            fill="var(--accent)"
          />
        ))}
      </svg>
      <figcaption className="text-sm text-muted">{words}</figcaption>
    </figure>
  );
}
