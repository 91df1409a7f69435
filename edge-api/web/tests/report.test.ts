// @vitest-environment node
import { describe, expect, it } from "vitest";
import { pieces } from "@/report/body";

describe("evidence in a transcript", () => {
  it("is marked where it stands, counting characters and not code units", () => {
    const text = "저는 😀 응답을 40% 줄였습니다.";
    const start = [...text].indexOf("응");
    const found = pieces(text, [{ start, end: start + 3, text: "응답을" }]);
    expect(found.filter((piece) => piece.quoted).map((piece) => piece.text)).toEqual(["응답을"]);
    expect(found.map((piece) => piece.text).join("")).toBe(text);
  });

  it("is marked once where two quotations overlap", () => {
    const found = pieces("abcdef", [
      { start: 1, end: 4, text: "bcd" },
      { start: 2, end: 5, text: "cde" },
    ]);
    expect(found.map((piece) => [piece.text, piece.quoted])).toEqual([
      ["a", false],
      ["bcde", true],
      ["f", false],
    ]);
  });
});
