import type { ServerReport } from "../../catalog/pins/pins.ts";
import type { Check, Look } from "./check.ts";

/** Definitions that nobody has approved, and whether it can be known what was. */
export const pins: Look = ({ pins: held, live }) => {
  const name = "pins";
  const problem = held.problem();
  if (problem !== undefined) {
    const next =
      "Mend it, or let the bridge write it. One that is removed trusts what is there next.";
    return { name, status: "fail", message: problem, next };
  }
  const reports = held.report();
  const waiting = reports.filter((report) => report.waiting.length > 0);
  if (waiting.length > 0) return waiting.map(waits);
  const pinned = reports.reduce((sum, report) => sum + report.pinned, 0);
  const off = live.current().servers.length - reports.length;
  const others = off === 0 ? "" : `; ${off} servers are not pinned`;
  return {
    name,
    status: "ok",
    message: `${pinned} definitions are as they were approved${others}`,
  };
};

const SHOWN = 5;

function waits({ server, waiting }: ServerReport): Check {
  const shown = waiting.slice(0, SHOWN).map(({ name, state }) => `${name} (${state})`);
  const more = waiting.length > SHOWN ? ` and ${waiting.length - SHOWN} more` : "";
  const suspicions = waiting.filter(({ findings }) => findings.length > 0);
  const [first] = suspicions;
  const found = first
    ? `; ${suspicions.length} look suspicious: ${first.name}: ${first.findings[0]?.rule}`
    : "";
  const message = `${server}: ${shown.join(", ")}${more} wait for approval${found}`;
  const next = `Look with \`trestle pins diff ${server}\`, then \`trestle pins approve ${server}\`.`;
  return { name: "pins", status: first ? "fail" : "warn", message, next };
}
