// Fails when the page's first load is heavier than agreed: script of the entry and all it imports at once.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST_KB = 250;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

function chunksOf(key, found = new Set()) {
  if (found.has(key)) return found;
  found.add(key);
  for (const next of manifest[key].imports ?? []) chunksOf(next, found);
  return found;
}

const kilobytes = (keys) =>
  [...keys].reduce((sum, key) => sum + gzipSync(readFileSync(new URL(manifest[key].file, dist))).length, 0) /
  1000;

// A chart is asked for by a screen that stands already, beside the table that says the same.
const CHART = /(chart|radar)\.tsx$/;
// What a first visit loads: the entry, one language, and the heaviest screen it can lead to.
const entry = chunksOf("index.html");
const screens = Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry && !CHART.test(key));
const heaviest = Math.max(
  ...screens.map((key) => kilobytes(new Set([...chunksOf(key)].filter((each) => !entry.has(each))))),
);
const total = kilobytes(entry) + heaviest;
process.stdout.write(
  `first load: ${kilobytes(entry).toFixed(1)} kB of script (gzip), at most ${total.toFixed(1)} kB with the heaviest part; budget ${MOST_KB} kB\n`,
);
if (total > MOST_KB) {
  process.stderr.write("The first load is over its budget: load less, or later.\n");
  process.exit(1);
}
// What the boot waits for, everybody waits for.
const boot = Object.values(manifest).find(({ name }) => name === "boot");
if (!boot || boot.imports?.length) {
  process.stderr.write(
    `The boot must be one file that needs no other; it needs ${boot?.imports ?? "all"}.\n`,
  );
  process.exit(1);
}
