import { render, screen } from "@testing-library/react";
import { beforeAll, expect, it } from "vitest";
import { startI18n } from "@/i18n";
import { Behaviour, BehaviourNotice } from "@/report/behaviour";
import type { Behaviour as Observed, ReportBody } from "@/report/body";

beforeAll(() => startI18n("ko"));

const VOICE = {
  seconds: 12,
  pace: 4.5,
  loudness_dbfs: -30,
  pauses: 3,
  pause_s: 2.5,
  fillers: 1,
  speaking_ratio: 0.8,
  confidence: 0.75,
  level_share: 0.5,
  pace_share: 1,
};
const FACE = {
  pictures: 300,
  face_share: 1,
  certainty: 0.9,
  gaze: 0,
  blinks_per_min: 0,
  head_deg: 0,
  smile: 0,
  expression: "" as const,
};
const TIMELINE = { length_s: 60, gaze: [0.5, null], spoken: [{ start_s: 3, end_s: 15, pace: 4.5 }] };
const SEEN: Observed = { voice: VOICE, face: FACE, timeline: TIMELINE, notes: [] };

function cells(seen: Observed): Record<string, string> {
  render(<Behaviour seen={seen} number={2} />);
  const rows = screen.getAllByRole("row").map((row) => [...row.children].map((cell) => cell.textContent));
  return Object.fromEntries(rows);
}

it("says in a table all that it draws, zeroes included", () => {
  const said = cells(SEEN);
  expect(said["말 속도"]).toBe("1초에 4.5음절");
  expect(said.멈춤).toBe("3번, 모두 2.5초");
  expect(said["목소리의 안정감"]).toBe("75% (평소 대비 크기 50%, 속도 100%의 평균)");
  expect(said["카메라를 본 정도"]).toBe("0%");
  expect(said["눈 깜빡임"]).toBe("1분에 0회 이상");
  expect(said["평소 자세에서 고개가 돌아간 정도"]).toBe("평균 0도");
  expect(said["가장 잦은 표정"]).toBeUndefined();
  expect(document.querySelectorAll("svg[aria-hidden] rect")).toHaveLength(3);
});

it("says that a face was seen too briefly, and nothing of a voice that was not heard", () => {
  const brief = { ...FACE, gaze: null, blinks_per_min: null, head_deg: null, smile: null };
  const said = cells({
    voice: null,
    face: brief,
    timeline: { length_s: 2, gaze: [], spoken: [] },
    notes: [],
  });
  expect(Object.keys(said)).toEqual(["얼굴이 보인 비율", "카메라를 본 정도"]);
  expect(said["카메라를 본 정도"]).toBe("판단하기에는 얼굴이 보인 시간이 짧아요");
  expect(document.querySelector("svg")).toBeNull();
});

it("gives the server's advice in the reader's language", () => {
  cells({ ...SEEN, notes: [{ key: "report.advice.fast", params: {} }] });
  screen.getByText("말이 빠른 편이었어요. 문장 사이에 숨을 고르면 듣기 편해요.");
});

it("says above the questions whether the voice counts, and nothing where nothing was observed", () => {
  const report = (delivery: ReportBody["delivery"], behaviour: Observed | null) =>
    ({ questions: [{ behaviour }], delivery }) as unknown as ReportBody;
  const { rerender, container } = render(<BehaviourNotice report={report(null, SEEN)} />);
  expect(container.textContent).toContain("점수에는 들어가지 않아요.");
  rerender(<BehaviourNotice report={report({ score: 4, weight: 2, answers: 3 }, SEEN)} />);
  expect(container.textContent).toContain("점수 4.0점은 가중치 2.0로 종합 점수에 들어가요.");
  rerender(<BehaviourNotice report={report(null, null)} />);
  expect(container.textContent).toBe("");
});
