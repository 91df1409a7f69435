// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "@/locales/en.json";
import ko from "@/locales/ko.json";

type Tree = { [key: string]: string | Tree };

function leaves(tree: Tree, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") found.set(prefix + key, value);
    else for (const [inner, text] of leaves(value, `${prefix}${key}.`)) found.set(inner, text);
  }
  return found;
}

function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith("schema.d.ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}

const texts = { ko: leaves(ko), en: leaves(en) };
const code = sources(join(import.meta.dirname, "../src"));
// A key is an area and names, in quotes; in backquotes its varying names stand in `${…}`.
const named = [
  ...code.matchAll(/["'`]((?:common|candidate|recruiter|admin)(?:\.(?:\w|\$\{[^}]*\})+)+)["'`]/g),
].map((found) => found[1] ?? "");
const patterns = [...new Set(named)].map((key) => ({
  key,
  pattern: new RegExp(
    `^${key
      .replaceAll(".", "\\.")
      .replace(/\$\{[^}]*\}/g, "[\\w-]+")
      .replaceAll("\\.", "\\.")}(_(zero|one|other))?$`,
  ),
}));
const blanks = (text: string) => [...text.matchAll(/\{\{\w+\}\}/g)].map(String).sort();

describe("locales", () => {
  it("have the same keys in both languages", () => {
    const plain = (keys: Iterable<string>) =>
      [...new Set([...keys].map((key) => key.replace(/_(one|other)$/, "")))].sort();
    expect(plain(texts.en.keys())).toEqual(plain(texts.ko.keys()));
  });

  it("hold every key that the page names", () => {
    const missing = patterns.filter(({ pattern }) => ![...texts.ko.keys()].some((key) => pattern.test(key)));
    expect(missing.map(({ key }) => key)).toEqual([]);
  });

  it("hold no key that the page does not name", () => {
    const unused = [...texts.ko.keys()].filter((key) => !patterns.some(({ pattern }) => pattern.test(key)));
    expect(unused).toEqual([]);
  });

  it("fill in the same blanks in both languages, and leave no text empty", () => {
    for (const [key, text] of texts.ko) {
      const other = texts.en.get(key) ?? texts.en.get(`${key}_other`);
      if (other !== undefined) expect([key, blanks(other)]).toEqual([key, blanks(text)]);
    }
    for (const each of [...texts.ko, ...texts.en]) expect(each[1].trim()).not.toBe("");
  });

  it("say nothing to people outside the locale files", () => {
    const spoken = code
      .split("\n")
      .filter((line) => /[가-힣]/.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line));
    expect(spoken).toEqual([]);
  });
});
