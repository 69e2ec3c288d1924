import { createDrain, type Template } from "@trestle-mcp/tracker";
import { medianMs, type Table } from "../measure.ts";
import { type LabelledLog, readLabelledLogs } from "./loghub.ts";
import type { PartResult } from "./part.ts";

const LAPS = 5;
/** Of the sets that nothing was developed on, the mean. */
const LEAST_ACCURACY = 0.85;

/** How well the templates of logs are found, with the one configuration that the tracker has, and how fast. */
export function benchDrain(): PartResult {
  const logs = readLabelledLogs();
  if (logs.length === 0) {
    return {
      result: {},
      tables: [],
      failures: [],
      notes: ["drain: skipped, there is no loghub here."],
    };
  }
  const measured = logs.map(measure);
  const judged = measured.filter(({ use }) => use === "judged on");
  const means = {
    judged: meanOf(judged.map(({ accuracy }) => accuracy)),
    all: meanOf(measured.map(({ accuracy }) => accuracy)),
  };
  const failures =
    judged.length > 0 && means.judged < LEAST_ACCURACY
      ? [`Templates: a mean accuracy of ${means.judged.toFixed(3)}, below ${LEAST_ACCURACY}.`]
      : [];
  return { result: { measured, means }, tables: tablesOf(measured, means), failures, notes: [] };
}

function measure({ system, use, lines, labels }: LabelledLog) {
  const templates = templatesOf(lines);
  const ms = medianMs(LAPS, () => templatesOf(lines));
  return {
    system,
    use,
    accuracy: groupingAccuracy(
      templates.map(({ id }) => id),
      labels,
    ),
    templates: new Set(templates.map(({ id }) => id)).size,
    labelled: new Set(labels).size,
    linesPerSecond: Math.round((lines.length / ms) * 1_000),
  };
}

function templatesOf(lines: readonly string[]): Template[] {
  const drain = createDrain();
  return lines.map((line) => drain.add(line));
}

/** The share of lines whose template has all lines of one label and no other (Zhu et al., 2019). */
function groupingAccuracy(found: readonly number[], labels: readonly string[]): number {
  const sizes = new Map<string, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const groups = Map.groupBy(labels.keys(), (at) => found[at] as number);
  let right = 0;
  for (const lines of groups.values()) {
    const ofGroup = new Set(lines.map((at) => labels[at] as string));
    const [label = ""] = ofGroup;
    if (ofGroup.size === 1 && sizes.get(label) === lines.length) right += lines.length;
  }
  return right / labels.length;
}

function tablesOf(
  measured: readonly ReturnType<typeof measure>[],
  means: { readonly judged: number; readonly all: number },
): Table[] {
  const rows = measured.map(({ accuracy, linesPerSecond, labelled, ...rest }) => ({
    ...rest,
    "people found": labelled,
    "grouping accuracy": accuracy.toFixed(3),
    "lines/s": linesPerSecond,
  }));
  return [
    { title: "Log templates, 2,000 labelled lines of each system", rows },
    {
      title: "Mean grouping accuracy",
      rows: [
        { of: "the sets judged on", "grouping accuracy": means.judged.toFixed(3) },
        { of: "all", "grouping accuracy": means.all.toFixed(3) },
      ],
    },
  ];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
