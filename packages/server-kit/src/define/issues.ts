import type { JsonValue } from "@trestle/protocol";
import { nearestName } from "@trestle/protocol";
import type * as z from "zod";

/** Validation issues as lines for a model or a person, and as data: each names its field. */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  knownKeys: readonly string[],
): { text: string; fields: JsonValue[] } {
  const described = issues.flatMap((issue) => describeIssue(issue, knownKeys));
  return {
    text: described.map(({ field, message }) => `- ${field || "(root)"}: ${message}`).join("\n"),
    fields: described,
  };
}

function describeIssue(
  issue: z.core.$ZodIssue,
  knownKeys: readonly string[],
): { field: string; message: string }[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ field: pathOf(issue.path), message: issue.message }];
  }
  return issue.keys.map((key) => {
    const nearest = issue.path.length === 0 ? nearestName(key, knownKeys) : undefined;
    return {
      field: pathOf([...issue.path, key]),
      message: `Unknown field${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`,
    };
  });
}

/** `items[0].name` */
function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}
