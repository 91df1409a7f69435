/** Reads what the page needs from a scenario's YAML, and changes its name. The server checks scenarios; this does not. */

import { parse } from "yaml";
import type { Dimension } from "./shares";

/** The rubric's dimensions; none where the source cannot be read. */
export function dimensionsOf(source: string): Dimension[] {
  try {
    const { dimensions } = parse(source) as { dimensions?: { id: string; title: string; weight?: number }[] };
    return (dimensions ?? []).map(({ id, title, weight }) => ({ id, title, weight: weight ?? 1 }));
  } catch {
    return [];
  }
}

/** The source under another name; everything else stays, comments too. */
export function renamed(source: string, name: string): string {
  return source.replace(/^name:.*$/m, `name: ${name}`);
}
