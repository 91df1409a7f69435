// Packs every text of the built page once, so that the edge sends it small and packs nothing itself.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const LEAST_BYTES = 1024; // less fits one packet anyway
const dist = new URL("../dist/", import.meta.url);
const texts = readdirSync(dist, { recursive: true }).filter((name) => /\.(js|css|html|svg)$/.test(name));
for (const name of texts) {
  const file = new URL(name, dist);
  const text = readFileSync(file);
  if (text.length < LEAST_BYTES) continue;
  writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(text));
  writeFileSync(new URL(`${name}.gz`, dist), gzipSync(text, { level: 9 }));
}
