import { counted } from "./clip.ts";
import type { Evidence } from "./evidence.ts";
import type { SystemReport } from "./system-report.ts";

/** The report for a person. */
export function toMarkdown(report: SystemReport): string {
  const { from, to, project, summary, unfinished, errors, insights, health } = report;
  return [
    `# Report${project === undefined ? "" : ` of ${plain(project)}`}`,
    `${from} to ${to}`,
    bullets(summary),
    section(
      "Unfinished",
      unfinished.map(
        (task) =>
          `${plain(task.subject)} (${task.status}, priority ${task.priority}, \`${task.id}\`)${whereOf(task.evidence)}`,
      ),
    ),
    section(
      "Errors",
      errors.map(
        (error) =>
          `${counted(error.count, "time")}, last ${error.last}: ${plain(error.message)} (${error.status}, \`${error.group}\`)${whereOf(error.evidence)}`,
      ),
    ),
    section(
      "Insights",
      insights.map(
        ({ title, detail, action, confidence, evidence }) =>
          `${plain(title)}. ${plain(detail)} ${action} (${confidence} sure)${whereOf(evidence)}`,
      ),
    ),
    section(
      "Health",
      health.targets.map(({ name, status, since, detail = "" }) =>
        `${plain(name)} is ${status} since ${since}. ${plain(detail)}`.trim(),
      ),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `## ${title}\n\n${bullets(lines)}`;
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

function whereOf([first]: readonly Evidence[]): string {
  return first === undefined ? "" : ` — ${plain(first.path)} at byte ${first.offset}`;
}

/** What was read is no markup of ours. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_{}[\]<>#|]/g, "\\$&");
}
