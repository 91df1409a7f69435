import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Compared } from "./compare";

const COLOURS = ["var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)"];

interface Props {
  compared: readonly Compared[];
  dimensions: readonly { id: string; title: string }[];
}

/** Bars of scores, a group per dimension; the table beside it says the same, so this is hidden from readers. */
export default function CompareChart({ compared, dimensions }: Props) {
  const rows = dimensions.map(({ id, title }) => ({
    title,
    ...Object.fromEntries(
      compared.map(({ id: key, report }) => [
        key,
        report.dimensions.find((each) => each.dimension_id === id)?.score,
      ]),
    ),
  }));
  return (
    <div aria-hidden className="overflow-hidden h-80">
      <ResponsiveContainer>
        <BarChart data={rows} barGap={2} margin={{ left: -24, right: 8, top: 8 }} accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="title"
            tick={{ fill: "var(--muted)", fontSize: 13 }}
            tickLine={false}
            axisLine={{ stroke: "var(--line-strong)" }}
            interval={0}
          />
          <YAxis
            domain={[0, 5]}
            ticks={[1, 2, 3, 4, 5]}
            tick={{ fill: "var(--muted)", fontSize: 13 }}
            tickLine={false}
            axisLine={false}
          />
          <Tooltip
            cursor={{ fill: "var(--sunken)" }}
            contentStyle={{
              background: "var(--surface)",
              border: "1px solid var(--line)",
              borderRadius: 8,
              color: "var(--ink)",
            }}
          />
          <Legend wrapperStyle={{ color: "var(--ink)" }} />
          {compared.map((each, index) => (
            <Bar
              key={each.id}
              dataKey={each.id}
              name={each.name}
              fill={COLOURS[index] ?? "var(--muted)"}
              radius={[3, 3, 0, 0]}
              maxBarSize={28}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
