import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, expect, it } from "vitest";
import { fromBody } from "@/api/problems";
import { startI18n } from "@/i18n";
import { Form, Submit, TextField } from "@/ui";

beforeAll(() => startI18n("ko"));

function refused(...violations: { field: string; problem: string }[]) {
  return fromBody(400, { reason: "INVALID_FIELD", violations });
}

function shown(error: unknown) {
  render(
    <Form error={error}>
      <TextField label="제목" name="title" />
      <TextField label="가치" name="values" />
      <Submit>저장</Submit>
    </Form>,
  );
  return { title: screen.getByLabelText("제목"), values: screen.getByLabelText("가치") };
}

const saidOf = (field: HTMLElement) =>
  document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent ?? "";

it("says at its field, in words, what the server found wrong, and puts the focus there", () => {
  const { title, values } = shown(
    refused({ field: "job.title", problem: "must have 1 to 200 characters, has 0" }),
  );
  expect(saidOf(title)).toBe("1자에서 200자로 적어 주세요.");
  expect(document.activeElement).toBe(title);
  expect(saidOf(values)).toBe("");
  screen.getByText("입력한 내용을 받을 수 없어요.");
});

it("takes a violation of an entry as one of the list, and says something of problems it does not know", () => {
  const { values } = shown(refused({ field: "values[3]", problem: "smells" }));
  expect(saidOf(values)).toBe("이 값은 받을 수 없어요. 고쳐서 다시 보내 주세요.");
});

it("believes a field that was changed, until the server says something new", async () => {
  const { title, values } = shown(
    refused({ field: "title", problem: "holds a control character" }, { field: "values", problem: "x" }),
  );
  await userEvent.type(title, "새 제목");
  expect(title.getAttribute("aria-invalid")).toBe(null);
  expect(values.getAttribute("aria-invalid")).toBe("true");
});
