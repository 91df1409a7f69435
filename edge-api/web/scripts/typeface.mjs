// Cuts the letters of the page's own texts out of the typeface: one small file, where the ready-made
// parts would be ten. Letters that people write themselves come from those, later.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import subsetFont from "subset-font";

const WEIGHTS = { min: 400, max: 700 }; // what styles.css asks for
const here = new URL("../src/", import.meta.url);
const made = new URL("typeface/", here);
const whole = new URL(
  "../node_modules/pretendard/dist/web/variable/woff2/PretendardVariable.woff2",
  import.meta.url,
);

const texts = ["ko", "en"]
  .map((each) => readFileSync(new URL(`locales/${each}.json`, here), "utf8"))
  .join("");
const printable = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join("");
const letters = [...new Set(texts + printable)].filter((each) => each >= " ").sort();
const font = await subsetFont(readFileSync(whole), letters.join(""), {
  targetFormat: "woff2",
  variationAxes: { wght: WEIGHTS },
  keepFeatures: ["ccmp", "kern", "mark", "tnum"],
  noHinting: true,
});
const range = letters.map((each) => `U+${each.codePointAt(0).toString(16)}`).join(", ");
mkdirSync(made, { recursive: true });
writeFileSync(new URL("texts.woff2", made), font);
writeFileSync(
  new URL("texts.css", made),
  `@font-face {
  font-family: "Viva Texts";
  font-display: swap;
  font-weight: ${WEIGHTS.min} ${WEIGHTS.max};
  src: url("./texts.woff2") format("woff2");
  unicode-range: ${range};
}
`,
);
