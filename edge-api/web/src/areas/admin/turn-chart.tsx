import { useTranslation } from "react-i18next";
import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { number } from "@/i18n/format";
import type { TurnTiming } from "./data";

const ROW_PX = 26;
const PARTS = ["claimed", "firstWord", "announced"] as const;
const COLOURS = { claimed: "var(--series-3)", firstWord: "var(--series-2)", announced: "var(--series-1)" };

/** Each bar is cut at the moments of its turn; a moment that is not known adds nothing. */
function parts(row: TurnTiming) {
  const firstWord = Math.max(row.first_word_ms, row.claimed_ms);
  return {
    turn: String(row.number),
    id: row.turn_id,
    claimed: row.claimed_ms,
    firstWord: firstWord - row.claimed_ms,
    announced: Math.max(0, row.announced_ms - firstWord),
  };
}

/** A waterfall, newest turn first; the table beside it says the same, so this is hidden from readers. */
export default function TurnChart({ rows }: { rows: readonly TurnTiming[] }) {
  const { t } = useTranslation();
  const data = rows.map((row) => ({
    ...parts(row),
    turn: t("admin.turns.turnN", { number: row.number, stage: row.stage_id }),
  }));
  const tick = { fill: "var(--muted)", fontSize: 13 };
  return (
    <div aria-hidden className="overflow-hidden" style={{ height: rows.length * ROW_PX + 80 }}>
      <ResponsiveContainer>
        <BarChart data={data} layout="vertical" margin={{ left: 8, right: 24 }} accessibilityLayer={false}>
          <CartesianGrid horizontal={false} stroke="var(--line)" />
          <XAxis
            type="number"
            tick={tick}
            tickLine={false}
            axisLine={{ stroke: "var(--line-strong)" }}
            unit=" ms"
            tickFormatter={(value: number) => number(value)}
          />
          <YAxis
            type="category"
            dataKey="turn"
            width={170}
            tick={tick}
            tickLine={false}
            axisLine={false}
            interval={0}
          />
          <Tooltip
            cursor={{ fill: "var(--sunken)" }}
            formatter={(value) => t("admin.mesh.latencyMs", { n: number(Number(value)) })}
            contentStyle={{
              background: "var(--surface)",
              border: "1px solid var(--line)",
              borderRadius: 8,
              color: "var(--ink)",
            }}
          />
          <Legend />
          {PARTS.map((part) => (
            <Bar
              key={part}
              dataKey={part}
              name={t(`admin.turns.parts.${part}`)}
              stackId="turn"
              fill={COLOURS[part]}
              maxBarSize={14}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
