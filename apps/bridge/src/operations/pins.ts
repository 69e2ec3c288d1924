import { type JsonObject, nearestName, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { Waiting } from "../catalog/pins/judge.ts";
import { digestOfApproval, type ServerReport } from "../catalog/pins/pins.ts";
import { sentenceOf } from "../catalog/pins/scan.ts";
import type { Core } from "../core.ts";
import { pinsAnswer, pinsApproved, pinsDifference } from "./answers/policies.ts";
import { NO_EFFECT, serverField } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { serverIdOf } from "./resolve.ts";
import { refuseOthers } from "./sight.ts";

const nameField = z
  .string()
  .min(1)
  .describe(
    "Only the tool or prompt of this name; `instructions` for what the server says of itself.",
  );

export const pins = defineOperation({
  name: "pins",
  title: "Pins",
  description:
    "Which definitions of the servers are pinned, and which wait for somebody to approve them.",
  input: z.object({ server: serverField.optional() }),
  output: pinsAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ server }, { principal }, core) {
    refuseOthers({ operation: "pins", principal, message: MESSAGE }, core);
    await core.catalog.settled();
    const id = server === undefined ? undefined : serverIdOf(server, core);
    const reports = core.pins.report().filter((each) => id === undefined || each.server === id);
    return given({
      lock_file: core.pins.path,
      problem: core.pins.problem(),
      servers: reports.map((report) => ({
        ...{ server: report.server, mode: report.mode, pinned: report.pinned },
        waiting: report.waiting.map(presentWaiting),
        gone: report.gone.map(({ kind, name }) => ({ kind, name })),
      })),
    }) as JsonObject;
  },
});

export const pinsDiff = defineOperation({
  name: "pins_diff",
  title: "What changed",
  description: "What changed in definitions that wait to be approved, line by line.",
  input: z.object({ server: serverField, name: nameField.optional() }),
  output: pinsDifference,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ server, name }, { principal }, core) {
    refuseOthers({ operation: "pins_diff", principal, message: MESSAGE }, core);
    const report = await approvalOf({ server, name }, core);
    const { definitionDiff } = await import("../catalog/pins/diff.ts");
    return {
      server: report.server,
      digest: digestOfApproval(report),
      definitions: report.waiting.map((each) => ({
        ...presentWaiting(each),
        diff: definitionDiff(each.before, each.definition),
      })),
      gone: report.gone.map(({ kind, name: of }) => ({ kind, name: of })),
    };
  },
});

export const pinsApprove = defineOperation({
  name: "pins_approve",
  title: "Approve definitions",
  description:
    "Pins what a server offers now in the place of what was pinned, and lets it be used again.",
  input: z.object({
    server: serverField,
    name: nameField.optional(),
    digest: z
      .string()
      .optional()
      .describe("From pins_diff: nothing is approved where something else waits by now."),
  }),
  output: pinsApproved,
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  needs: "admin",
  async run({ server, name, digest }, { principal }, core) {
    const report = await approvalOf({ server, name }, core);
    if (digest !== undefined && digest !== digestOfApproval(report)) {
      throw new TrestleError(
        "conflict",
        `${report.server} offers something else than you looked at: nothing was approved. Look at it again.`,
      );
    }
    const { waiting, gone } = report;
    if (waiting.length + gone.length > 0) {
      await core.pins.approve(report.server, { waiting, gone });
      const approved = waiting.map((each) => each.name);
      core.log.info("definitions were approved", {
        ...{ upstream: report.server, by: principal.id, approved },
      });
    }
    return {
      server: report.server,
      approved: waiting.map(({ kind, name: of, state }) => ({ kind, name: of, state })),
      forgotten: gone.map(({ kind, name: of }) => ({ kind, name: of })),
    };
  },
});

/** They hold the words of strangers, which nobody has looked at. */
const MESSAGE = "pins are for whoever runs the bridge: ask there.";

/** What waits of a server, or of it what has that name. */
async function approvalOf(
  { server, name }: { readonly server: string; readonly name: string | undefined },
  core: Core,
): Promise<ServerReport> {
  await core.catalog.settled();
  const id = serverIdOf(server, core);
  const report = core.pins.report().find((each) => each.server === id);
  if (!report) throw unpinned(server, core);
  if (name === undefined) return report;
  const isMeant = (each: { readonly name: string }): boolean => each.name === name;
  const [waiting, gone] = [report.waiting.filter(isMeant), report.gone.filter(isMeant)];
  if (waiting.length + gone.length === 0 && !core.catalog.upstreamTool(id, name)) {
    const near = nearestName(
      name,
      report.waiting.map((each) => each.name),
    );
    const advice = near === undefined ? "Ask pins." : `Did you mean "${near}"?`;
    throw new TrestleError("not_found", `Nothing of ${id} is called "${name}". ${advice}`);
  }
  return { ...report, waiting, gone };
}

function unpinned(server: string, core: Core): TrestleError {
  const id = serverIdOf(server, core);
  if (core.upstreams.get(id)) {
    return new TrestleError(
      "not_found",
      `Nothing of ${id} is pinned: its pins are off, or it has not listed anything yet.`,
    );
  }
  const near = nearestName(
    server,
    core.upstreams.all().map((upstream) => upstream.id),
  );
  const advice = near === undefined ? "Ask servers." : `Did you mean "${near}"?`;
  return new TrestleError("not_found", `No server "${server}" is configured. ${advice}`);
}

function presentWaiting({ kind, name, state, isWithheld, findings }: Waiting): JsonObject {
  return {
    ...{ kind, name, state, withheld: isWithheld },
    findings: findings.map(sentenceOf),
  };
}
