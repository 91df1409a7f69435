// @vitest-environment node
import { describe, expect, it } from "vitest";
import { cuts } from "@/areas/recruiter/cuts";

const recorded = (name: string, begun_at: string) => ({ name, begun_at, bytes: 1 });
const two = [recorded("a", "2027-01-01T10:00:00.500Z"), recorded("b", "2027-01-01T10:05:00Z")];

describe("an answer in recordings", () => {
  it("is heard from its question to its end, on the recording's own clock", () => {
    expect(cuts(two, "2027-01-01T10:00:30.500Z", "2027-01-01T10:01:00Z")).toEqual([
      { name: "a", from: 30, to: 59.5 },
    ]);
  });

  it("goes on in the next recording where one had to begin anew", () => {
    expect(cuts(two, "2027-01-01T10:04:50Z", "2027-01-01T10:05:20Z")).toEqual([
      { name: "a", from: 289.5, to: 299.5 },
      { name: "b", from: 0, to: 20 },
    ]);
  });

  it("is heard nowhere before the first recording, or while it is not submitted", () => {
    expect(cuts(two, "2027-01-01T09:00:00Z", "2027-01-01T09:00:09Z")).toEqual([]);
    expect(cuts(two, "2027-01-01T10:00:30Z", null)).toEqual([]);
    expect(cuts([], "2027-01-01T10:00:30Z", "2027-01-01T10:01:00Z")).toEqual([]);
  });
});
