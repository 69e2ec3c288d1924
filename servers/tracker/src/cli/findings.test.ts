import { expect, test } from "vitest";
import { insightText } from "./findings.ts";

test("actions name the commands that do what tools do", () => {
  const insight = {
    ...{ about: "1:g", title: "It keeps failing", detail: "Twice." },
    kind: "recurring_failure" as const,
    action: "Find its cause by search_history; then resolve_error, and never drop_database.",
    ...{ confidence: 0.9, basis: "2 errors", project: "/srv/shop", evidence: [] },
  };
  const terminal = { bold: (text: string) => text } as Parameters<
    typeof insightText
  >[1]["terminal"];
  expect(insightText(insight, { terminal })).toContain(
    "→ Find its cause by trestle-tracker search; then trestle-tracker errors resolve, and never drop_database.",
  );
});
