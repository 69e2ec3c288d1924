import { type FixtureRow, readFixture } from "../fixtures.ts";

/**
 * Eight sets of labelled lines of loghub. The masks and the configuration were made while looking at every second
 * of them in the order of the alphabet; the others were opened only to judge.
 */
const SYSTEMS = [
  { system: "Apache", use: "developed on" },
  { system: "BGL", use: "judged on" },
  { system: "Hadoop", use: "developed on" },
  { system: "HDFS", use: "judged on" },
  { system: "HealthApp", use: "developed on" },
  { system: "HPC", use: "judged on" },
  { system: "OpenSSH", use: "developed on" },
  { system: "Zookeeper", use: "judged on" },
] as const;

export interface LabelledLog {
  readonly system: string;
  readonly use: "developed on" | "judged on";
  readonly lines: readonly string[];
  /** Of each line the template that people gave it. */
  readonly labels: readonly string[];
}

/** Those of the sets that are on this machine. */
export function readLabelledLogs(): LabelledLog[] {
  return SYSTEMS.flatMap(({ system, use }) => {
    const rows = readFixture("loghub", `${system}.csv`);
    if (rows === undefined) return [];
    const column = (name: string) => rows.map((row: FixtureRow) => row[name] ?? "");
    return [{ system, use, lines: column("Content"), labels: column("EventId") }];
  });
}
