import { expect, test } from "vitest";
import { insightText } from "./findings.ts";

test("actions name the commands that do what tools do", () => {
  const insight = {
    ...{ kind: "recurring_failure", about: "1:g", title: "It keeps failing", detail: "Twice." },
    action: "Find its cause by search_history; then resolve_error, and never drop_database.",
    ...{ confidence: 0.9, basis: "2 errors", project: "/srv/shop", evidence: [] },
  } as const;
  const terminal = { bold: (text: string) => text } as Parameters<
    typeof insightText
  >[1]["terminal"];
  expect(insightText({ ...insight, evidence: [] }, { terminal })).toContain(
    "→ Find its cause by trestle-tracker search; then trestle-tracker errors resolve, and never drop_database.",
  );
});
