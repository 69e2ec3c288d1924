import { type JsonObject, messageOf } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import { diagnosis } from "./answers/servers.ts";
import { longHistory } from "./checks/archive.ts";
import type { Check, Look } from "./checks/check.ts";
import { address, configuration, policyOrder } from "./checks/configuration.ts";
import { clockDrift, diskRoom, homePermissions, lock, nodeVersion } from "./checks/machine.ts";
import { pins } from "./checks/pins.ts";
import { quotas } from "./checks/quotas.ts";
import { reach, tools } from "./checks/servers.ts";
import { state } from "./checks/state.ts";
import { webhooks } from "./checks/webhooks.ts";
import { NO_EFFECT } from "./fields.ts";
import { defineOperation } from "./operation.ts";
import { refuseOthers } from "./sight.ts";

const looks: Readonly<Record<string, Look>> = {
  ...{ config: configuration, policies: policyOrder, address },
  ...{ node: nodeVersion, home: homePermissions, disk: diskRoom, lock, clock: clockDrift },
  ...{ servers: reach, tools, pins, state, webhooks, quotas },
  ...{ postgres: longHistory },
};

export const doctor = defineOperation({
  name: "doctor",
  title: "Doctor",
  description: "Looks at everything that is set up, and says of what is wrong the one next step.",
  input: z.object({}),
  output: diagnosis,
  hints: NO_EFFECT,
  needs: "caller",
  async run(_input, { principal }, core) {
    const message = "doctor tells of this machine: ask whoever runs the bridge.";
    refuseOthers({ operation: "doctor", principal, message }, core);
    // Lists of an earlier run say nothing of whether a server can be reached now.
    const { catalog, upstreams } = core;
    await Promise.all(upstreams.all().map(({ id }) => catalog.check(id)));
    await catalog.settled();
    const names = Object.keys(looks);
    const checks = (await Promise.all(names.map((name) => look(name, core)))).flat();
    return { status: worstOf(checks), checks: checks.map((check): JsonObject => ({ ...check })) };
  },
});

function worstOf(checks: readonly Check[]): Check["status"] {
  const found = new Set(checks.map(({ status }) => status));
  if (found.has("fail")) return "fail";
  return found.has("warn") ? "warn" : "ok";
}

async function look(name: string, core: Core): Promise<readonly Check[]> {
  try {
    return [(await looks[name]?.(core)) ?? []].flat();
  } catch (error) {
    const message = `cannot be looked at: ${messageOf(error)}`;
    return [{ name, status: "fail", message, next: "Mend that, then ask doctor again." }];
  }
}
