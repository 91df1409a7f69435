import { PolarAngleAxis, PolarGrid, PolarRadiusAxis, Radar, RadarChart, ResponsiveContainer } from "recharts";
import type { Dimension } from "./body";

/** Scores as a shape; what has no evidence has no point. The table beside it says the same, so readers skip this. */
export default function ScoreRadar({ dimensions }: { dimensions: readonly Dimension[] }) {
  const rows = dimensions.map(({ title, score }) => ({ title, score: score ?? undefined }));
  return (
    <div aria-hidden className="overflow-hidden h-72">
      <ResponsiveContainer>
        <RadarChart data={rows} outerRadius="64%" accessibilityLayer={false}>
          <PolarGrid stroke="var(--line)" />
          <PolarAngleAxis dataKey="title" tick={{ fill: "var(--muted)", fontSize: 13 }} />
          <PolarRadiusAxis domain={[0, 5]} tickCount={6} tick={false} axisLine={false} />
          <Radar
            dataKey="score"
            stroke="var(--accent)"
            fill="var(--accent)"
            fillOpacity={0.18}
            strokeWidth={2}
            dot={{ r: 4, fill: "var(--accent)", fillOpacity: 1 }}
            isAnimationActive={false}
          />
        </RadarChart>
      </ResponsiveContainer>
    </div>
  );
}
