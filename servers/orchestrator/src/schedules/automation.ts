import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Host, messageOf, type Principal, TrestleError } from "@trestle/protocol";
import { type Listener, listen } from "../triggers/listener.ts";
import type { Trigger, TriggerInput } from "../triggers/trigger.ts";
import { createTriggers } from "../triggers/triggers.ts";
import type { Caller, Workflows } from "../workflows/workflows.ts";
import { openAutomationStore } from "./automation-store.ts";
import { nextInstant, type Schedule, type ScheduleInput } from "./schedule.ts";
import { createScheduler, type Fire } from "./scheduler.ts";

/** What makes workflows run without anybody asking: times and events. Others' are to a caller as if not there. */
export interface Automation {
  /** A schedule of this id that is there is replaced. Throws `invalid_input` where it never comes. */
  setSchedule(schedule: ScheduleInput, caller: Caller): Promise<ScheduleView>;
  schedules(caller: Caller): Promise<readonly ScheduleView[]>;
  removeSchedule(id: string, caller: Caller): Promise<boolean>;
  /** Shows the secret of a webhook, this once. */
  setTrigger(trigger: TriggerInput, caller: Caller): Promise<TriggerView>;
  triggers(caller: Caller): Promise<readonly TriggerView[]>;
  removeTrigger(id: string, caller: Caller): Promise<boolean>;
}

export type ScheduleView = Omit<Schedule, "onBehalf" | "doneUntil"> & { readonly next?: string };
export type TriggerView = Omit<Trigger, "onBehalf"> & { readonly path?: string };

export interface OpenAutomation extends Automation {
  close(): Promise<void>;
}

/** In the process that owns the folder, and only there. */
export async function openAutomation(
  workflows: Pick<Workflows, "execute" | "workflow">,
  { host, webhooksListen }: { readonly host: Host; readonly webhooksListen?: string | undefined },
): Promise<OpenAutomation> {
  const { dataDir, clock, log } = host;
  const store = await openAutomationStore({ file: join(dataDir, "automation.db"), clock, log });
  const fire: Fire = async ({ key, onBehalf, workflow: id, ...rest }) => {
    const request = { id, idempotencyKey: key, waitMs: 0, ...rest };
    return (await workflows.execute(request, onBehalf)).executionId;
  };
  const scheduler = createScheduler({ store, fire, clock, log });
  const epoch = randomBytes(8).toString("hex");
  const triggers = createTriggers({ store, fire, host, epoch });
  const listener: Listener | undefined =
    webhooksListen === undefined
      ? undefined
      : await listen(webhooksListen, { log, deliver: triggers.deliver }).catch((error) => {
          // An address that is taken must not hold up what runs.
          log.error("no webhooks are taken in", { error: messageOf(error) });
          return undefined;
        });
  triggers.follow();
  void scheduler.wake();

  /** Ids are everybody's: nobody takes over what another set up. */
  function checkOwn(kind: "schedule" | "trigger", id: string, { principal }: Caller): void {
    const there = store.list<Schedule | Trigger>(kind).find((each) => each.id === id);
    if (there === undefined || isOwn(there, principal)) return;
    throw new TrestleError("conflict", `A ${kind} "${id}" is there already; take another id`);
  }

  async function remove(kind: "schedule" | "trigger", id: string, caller: Caller) {
    const there = store.list<Schedule | Trigger>(kind).find((each) => each.id === id);
    return there !== undefined && isOwn(there, caller.principal) ? store.remove(kind, id) : false;
  }

  return {
    async setSchedule(given, caller) {
      const now = clock.now();
      if (nextInstant(given, now) === undefined)
        throw new TrestleError("invalid_input", `cron "${given.cron}" never comes`);
      checkOwn("schedule", given.id, caller);
      await workflows.workflow(given.workflow, given.version);
      const schedule: Schedule = { ...given, onBehalf: caller, doneUntil: now };
      await store.put("schedule", given.id, schedule);
      void scheduler.wake();
      return viewSchedule(schedule);
    },
    schedules: async ({ principal }) =>
      store
        .list<Schedule>("schedule")
        .filter((each) => isOwn(each, principal))
        .map(viewSchedule),
    removeSchedule: (id, caller) => remove("schedule", id, caller),
    async setTrigger(given, caller) {
      if ((given.event === undefined) === (given.webhook === undefined))
        throw new TrestleError("invalid_input", "A trigger has either event or webhook");
      if (given.webhook !== undefined && listener === undefined)
        throw new TrestleError(
          "unsupported",
          "No address takes in webhooks: set ORCHESTRATOR_WEBHOOKS_LISTEN to a free one, such as 127.0.0.1:4130",
        );
      checkOwn("trigger", given.id, caller);
      await workflows.workflow(given.workflow, given.version);
      const { webhook } = given;
      const secret = webhook?.secret ?? randomBytes(24).toString("base64url");
      const trigger: Trigger = {
        ...given,
        ...(webhook === undefined ? {} : { webhook: { ...webhook, secret } }),
        onBehalf: caller,
      };
      await store.put("trigger", given.id, trigger);
      triggers.follow();
      return viewTrigger(trigger, true);
    },
    triggers: async ({ principal }) =>
      store
        .list<Trigger>("trigger")
        .filter((each) => isOwn(each, principal))
        .map((each) => viewTrigger(each, false)),
    async removeTrigger(id, caller) {
      const removed = await remove("trigger", id, caller);
      triggers.follow();
      return removed;
    },
    async close() {
      await listener?.close();
      triggers.close();
      await scheduler.close();
      await store.close();
    },
  };
}

function isOwn({ onBehalf }: Pick<Schedule, "onBehalf">, { kind, id }: Principal): boolean {
  return kind === "local" || kind === "admin" || onBehalf.principal.id === id;
}

function viewSchedule({ onBehalf: _, doneUntil, ...rest }: Schedule): ScheduleView {
  const next = rest.enabled ? nextInstant(rest, doneUntil) : undefined;
  return { ...rest, ...(next === undefined ? {} : { next: new Date(next).toISOString() }) };
}

function viewTrigger({ onBehalf: _, webhook, ...rest }: Trigger, isNew: boolean): TriggerView {
  if (webhook === undefined) return rest;
  const { secret, ...known } = webhook;
  const path = `/hooks/${rest.id}`;
  return { ...rest, path, webhook: isNew ? { ...known, ...(secret && { secret }) } : known };
}
