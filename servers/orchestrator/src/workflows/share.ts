import type { Host, JsonValue } from "@trestle/protocol";
import { type FolderBackend, type SharedFolder, shareFolder } from "@trestle/store";
import type { Config } from "../config.ts";
import { type Automation, openAutomation, shareAutomation } from "../schedules/automation.ts";
import { openWorkflows, type WorkflowSettings } from "./open-workflows.ts";
import { toOwnGrant } from "./own-grants.ts";
import type { Caller, Workflows } from "./workflows.ts";

/** What the owner of the folder answers as well, under names that begin so. */
export interface Beside {
  readonly prefix: string;
  open(): FolderBackend;
}

export interface SharedWorkflows extends Workflows, Automation {
  readonly call: SharedFolder["call"];
  close(): Promise<void>;
}

type Method = keyof Workflows | keyof Automation;

/** May each be asked again where the process that ran it died under it? Executing with a key may, and has one. */
const REPEATABLE: Readonly<Record<Method, boolean>> = {
  register: true,
  workflows: true,
  workflow: true,
  render: true,
  unregister: true,
  execute: false,
  execution: true,
  executions: true,
  cancel: true,
  pause: true,
  resume: false,
  retry: false,
  decide: false,
  signal: false,
  setSchedule: true,
  schedules: true,
  removeSchedule: true,
  setTrigger: false,
  triggers: true,
  removeTrigger: true,
};

/** What these begin goes on after the call, by the grant of their second argument. */
const GRANTED: readonly string[] = ["execute", "setSchedule", "setTrigger"] satisfies Method[];

/**
 * The workflows of a folder, for all processes that use it: one runs them, the others ask it, and when it dies the
 * next to ask goes on with what had not ended.
 */
export function shareWorkflows(
  host: Host,
  settings: WorkflowSettings & Pick<Config, "webhooksListen">,
  beside: Beside,
): SharedWorkflows {
  const { dataDir, log, clock } = host;
  const shared = shareFolder({
    path: dataDir,
    log,
    clock,
    async open() {
      const { workflows: manual, postgres, close } = await openWorkflows(host, settings);
      const { webhooksListen } = settings;
      const store = postgres ? { store: await shareAutomation(host, postgres) } : {};
      const automation = await openAutomation(manual, { host, webhooksListen, ...store });
      const workflows = { ...manual, ...automation };
      const others = beside.open();
      return {
        knows: (method) => method.startsWith(beside.prefix) || Object.hasOwn(REPEATABLE, method),
        answer: (method, payload, signal) =>
          method.startsWith(beside.prefix)
            ? others.answer(method, payload, signal)
            : answer({ workflows, host }, method, payload),
        closing: () => others.closing?.(),
        async close() {
          await automation.close();
          await others.close();
          await close();
        },
      };
    },
  });
  const ask =
    (method: Method) =>
    async (...given: readonly unknown[]): Promise<unknown> => {
      // What was left out stays so: in a list JSON makes null of it.
      const last = given.findLastIndex((each) => each !== undefined);
      const payload = JSON.stringify(given.slice(0, last + 1));
      const text = await shared.call(method, payload, { repeatable: REPEATABLE[method] });
      return JSON.parse(String(text));
    };
  const methods = Object.keys(REPEATABLE) as Method[];
  const workflows = Object.fromEntries(methods.map((name) => [name, ask(name)]));
  return {
    ...(workflows as unknown as Workflows & Automation),
    call: shared.call,
    close: shared.close,
  };
}

async function answer(
  { workflows, host }: { readonly workflows: Workflows & Automation; readonly host: Host },
  method: string,
  payload: JsonValue,
): Promise<JsonValue> {
  const run = workflows[method as Method] as (...given: unknown[]) => Promise<unknown>;
  const given = JSON.parse(String(payload)) as unknown[];
  if (GRANTED.includes(method)) given[1] = await toOwnGrant(host, given[1] as Caller);
  return JSON.stringify(await run(...given));
}
