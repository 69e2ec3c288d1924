import type { JsonObject } from "@trestle/protocol";
import * as z from "zod";
import { type Alert, timeOf } from "../alerts/alerts.ts";
import { alertRules } from "../config/alert-rules.ts";
import { alertsAnswer } from "./answers/policies.ts";
import { NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { refuseOthers } from "./sight.ts";

export const alerts = defineOperation({
  name: "alerts",
  title: "Alerts",
  description: "What goes wrong now and since when, what is over, and by which rules.",
  input: z.object({
    state: z
      .enum(["pending", "firing", "resolved"])
      .optional()
      .describe("Only those that stand so."),
  }),
  output: alertsAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ state }, { principal }, core) {
    const message = "alerts tell of what everybody does: ask whoever runs the bridge.";
    refuseOthers({ operation: "alerts", principal, message }, core);
    const found = core.alerts.list().filter((each) => state === undefined || each.state === state);
    const rules = alertRules(core.live.current().events.alerts);
    return {
      alerts: found.map(presentAlert),
      rules: [...rules].map(([name, rule]) => given({ name, ...rule }) as JsonObject),
    };
  },
});

function presentAlert({ since, firedAt, resolvedAt, ...facts }: Alert): JsonObject {
  return given({
    ...facts,
    since: timeOf(since),
    fired_at: firedAt === undefined ? undefined : timeOf(firedAt),
    resolved_at: resolvedAt === undefined ? undefined : timeOf(resolvedAt),
  }) as JsonObject;
}
