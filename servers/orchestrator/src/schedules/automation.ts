import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Host, messageOf, type Principal, TrestleError } from "@trestle/protocol";
import type { Postgres } from "../runs/postgres/postgres.ts";
import { type Listener, listen } from "../triggers/listener.ts";
import type { Trigger, TriggerInput } from "../triggers/trigger.ts";
import { createTriggers } from "../triggers/triggers.ts";
import type { Caller, Workflows } from "../workflows/workflows.ts";
import { type AutomationStore, openAutomationStore } from "./automation-store.ts";
import { createPostgresAutomationStore } from "./postgres-automation-store.ts";
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

export interface AutomationParts {
  readonly host: Host;
  readonly webhooksListen?: string | undefined;
  /** Closed with this; a file in the folder where there is none. */
  readonly store?: AutomationStore;
}

/** In the process that owns the folder, and in workers: of those that share a database one fires schedules. */
export async function openAutomation(
  workflows: Pick<Workflows, "execute" | "workflow">,
  { host, webhooksListen, store: given }: AutomationParts,
): Promise<OpenAutomation> {
  const { clock, log } = host;
  const store = given ?? (await openOwnStore(host));
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
  const follow = () =>
    triggers
      .follow()
      .catch((error) => log.error("triggers are not followed", { error: messageOf(error) }));
  await follow();
  void scheduler.wake();
  store.onChange(() => {
    void follow();
    void scheduler.wake();
  });

  /** Ids are everybody's: nobody takes over what another set up. */
  async function checkOwn(kind: "schedule" | "trigger", id: string, { principal }: Caller) {
    const there = (await store.list<Schedule | Trigger>(kind)).find((each) => each.id === id);
    if (there === undefined || isOwn(there, principal)) return;
    throw new TrestleError("conflict", `A ${kind} "${id}" is there already; take another id`);
  }

  async function remove(kind: "schedule" | "trigger", id: string, caller: Caller) {
    const there = (await store.list<Schedule | Trigger>(kind)).find((each) => each.id === id);
    return there !== undefined && isOwn(there, caller.principal) ? store.remove(kind, id) : false;
  }

  return {
    async setSchedule(given, caller) {
      const now = clock.now();
      if (nextInstant(given, now) === undefined)
        throw new TrestleError("invalid_input", `cron "${given.cron}" never comes`);
      await checkOwn("schedule", given.id, caller);
      await workflows.workflow(given.workflow, given.version);
      const schedule: Schedule = { ...given, onBehalf: caller, doneUntil: now };
      await store.put("schedule", given.id, schedule);
      void scheduler.wake();
      return viewSchedule(schedule);
    },
    schedules: async ({ principal }) =>
      (await store.list<Schedule>("schedule"))
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
      await checkOwn("trigger", given.id, caller);
      await workflows.workflow(given.workflow, given.version);
      const { webhook } = given;
      const secret = webhook?.secret ?? randomBytes(24).toString("base64url");
      const trigger: Trigger = {
        ...given,
        ...(webhook === undefined ? {} : { webhook: { ...webhook, secret } }),
        onBehalf: caller,
      };
      await store.put("trigger", given.id, trigger);
      await follow();
      return viewTrigger(trigger, true);
    },
    triggers: async ({ principal }) =>
      (await store.list<Trigger>("trigger"))
        .filter((each) => isOwn(each, principal))
        .map((each) => viewTrigger(each, false)),
    async removeTrigger(id, caller) {
      const removed = await remove("trigger", id, caller);
      await follow();
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

function openOwnStore({ dataDir, clock, log }: Host): Promise<AutomationStore> {
  return openAutomationStore({ file: join(dataDir, "automation.db"), clock, log });
}

/** For the owner of the folder: what was set up there before is everybody's from now on. */
export async function shareAutomation(host: Host, postgres: Postgres): Promise<AutomationStore> {
  const shared = createPostgresAutomationStore(postgres);
  const own = await openOwnStore(host);
  for (const kind of ["schedule", "trigger"] as const) {
    for (const each of await own.list<Schedule | Trigger>(kind)) {
      await shared.add(kind, each.id, each);
      await own.remove(kind, each.id);
    }
  }
  await own.close();
  return shared;
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
