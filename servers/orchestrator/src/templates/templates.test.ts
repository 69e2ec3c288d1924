// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readDefinition } from "../definitions/read.ts";
import { toPlan } from "../definitions/to-plan.ts";
import { callsOf, warningsOf } from "../definitions/warnings.ts";
import { type Called, listPublished } from "./_servers.ts";
import { type Answers, openWorld } from "./_world.ts";
import { instantiate } from "./template.ts";
import { findTemplate, listTemplates } from "./templates.ts";

vi.setConfig({ testTimeout: 60_000 });
let opened: ReturnType<typeof openWorld> | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

function open(...given: Parameters<typeof openWorld>) {
  opened = openWorld(...given);
  return opened;
}

const of = (calls: readonly Called[], tool: string) =>
  calls.filter((call) => `${call.server}.${call.tool}` === tool).map(({ args }) => args);
const fails = (message: string) => (): JsonValue => {
  throw new Error(message);
};

test.each(listTemplates())("$id fits the tools that it names", ({ id, bindings }) => {
  const plan = toPlan(readDefinition(instantiate(findTemplate(id))));
  expect(warningsOf(plan, listPublished())).toEqual([]);
  const used = callsOf(plan).map(({ server, tool }) => `${server}.${tool}`);
  const declared = Object.values(bindings).flatMap(({ server, tools }) =>
    tools.map((tool) => `${server}.${tool}`),
  );
  expect(new Set(declared)).toEqual(new Set(used));
});

test("the six of them are listed, with what they need", async () => {
  const { templates } = await open({}).call("list_workflows", {});
  const ids = Array.isArray(templates) ? templates.map((each) => (each as JsonObject).id) : [];
  expect(ids).toEqual([
    ...["customer_onboarding", "deploy_and_watch", "full_deployment"],
    ...["health_recovery", "ocr_processing", "property_management"],
  ]);
});

describe("deploy_and_watch", () => {
  const input = { owner: "o", repo: "r", version: "2", previous_version: "1" };

  /** GitHub, where a run is there some time after it was asked for, and ends some time after that. */
  function github(conclusion: string): Answers {
    const runs = [{ id: 70, status: "completed", conclusion: "success", html_url: "u/70" }];
    let asked = 0;
    return {
      "github.actions_run_trigger": ({ inputs = null, ref = null }) => ({
        method: "run_workflow",
        dispatch: { message: "ok", status: "204 No Content", status_code: 204, inputs, ref },
      }),
      "github.actions_list"(_, calls) {
        asked += 1;
        const isThere = of(calls, "github.actions_run_trigger").length > 0 && asked > 3;
        if (isThere) runs.unshift({ id: 71, status: "queued", conclusion: "", html_url: "u/71" });
        return {
          method: "list_workflow_runs",
          workflow_runs: { total_count: runs.length, workflow_runs: runs.slice(0, 1) },
        };
      },
      "github.actions_get"({ resource_id }, calls) {
        const isOver = of(calls, "github.actions_get").length > 4;
        const status = isOver ? { status: "completed", conclusion } : { status: "in_progress" };
        return {
          method: "get_workflow_run",
          workflow_run: { id: Number(resource_id), html_url: `u/${resource_id}`, ...status },
        };
      },
    };
  }

  test("watches the run that it triggered to its end", async () => {
    const { run, calls } = open(github("success"));
    expect(await run("deploy_and_watch", input)).toMatchObject({
      status: "succeeded",
      output: { version: "2", run: 71, conclusion: "success", url: "u/71" },
    });
    expect(of(calls, "github.actions_run_trigger")).toEqual([
      expect.objectContaining({ workflow_id: "deploy.yml", ref: "main", inputs: { version: "2" } }),
    ]);
    expect(of(calls, "github.actions_get")[0]).toMatchObject({ resource_id: "71" });
  });

  test("deploys the version before where it fails", async () => {
    const { run, calls } = open(github("failure"));
    expect(await run("deploy_and_watch", input)).toMatchObject({
      status: "failed",
      failedSteps: ["deployed"],
      errors: [{ step: "deployed", code: "condition_failed" }],
      undone: [{ step: "trigger" }],
    });
    expect(of(calls, "github.actions_run_trigger").map(({ inputs }) => inputs)).toEqual([
      ...[{ version: "2" }, { version: "1" }],
    ]);
  });

  test("is bound to another server, whose tools have other names", async () => {
    const world = open(github("success"), { github: "ci" });
    const registered = await world.call("register_workflow", {
      ...{ template: "deploy_and_watch", bindings: { deployments: "ci" }, id: "ship" },
    });
    expect(registered).toMatchObject({ id: "ship", version: "1" });
    expect(await world.run("ship", input)).toMatchObject({ status: "succeeded" });
  });
});

/** A cluster with one deployment; `heal` says after which tool it becomes well. */
function cluster(heal: readonly string[]): Answers {
  let [generation, ready] = [1, heal.includes("nothing")];
  const change = (what: string) => {
    generation += 1;
    ready = heal.includes(what);
    return `deployment.apps/web ${what}`;
  };
  return {
    "kubernetes.kubectl_get": () => ({
      kind: "Deployment",
      metadata: { name: "web", generation },
      spec: { replicas: 2 },
      status: {
        observedGeneration: generation,
        replicas: 2,
        updatedReplicas: 2,
        ...(ready ? { availableReplicas: 2 } : { unavailableReplicas: 2 }),
      },
    }),
    "kubernetes.kubectl_patch": () => change("patched"),
    "kubernetes.kubectl_rollout": ({ subCommand }) => change(String(subCommand)),
  };
}

const slack: Answers = {
  "slack.slack_post_message": ({ channel_id: channel = null }) => ({
    ok: true,
    channel,
    ts: "1.2",
  }),
};

describe("full_deployment", () => {
  const input = {
    ...{ owner: "o", repo: "r", pull_number: 7, deployment: "web", container: "app" },
    ...{ image: "app:2", channel: "C1", approve: false },
  };
  /** Applies what is named, the last one back first, and nothing unless it is named. */
  function database(): { readonly applied: readonly string[]; readonly answers: Answers } {
    const applied: string[] = [];
    const waiting = ["001_guests", "002_rooms"];
    const steps = (names: readonly string[]) =>
      names.map((name) => ({ name, sql: "select 1", destructive: false }));
    const confirmed = (name: string | undefined, confirm: unknown) => {
      if (name === undefined || name !== confirm) throw new Error(`Not confirmed: ${name}`);
      return { dryRun: false, migrations: steps([name]) };
    };
    const answers: Answers = {
      "database.run_migrations"({ dryRun = false, confirm }) {
        const left = waiting.filter((name) => !applied.includes(name));
        if (dryRun) return { dryRun, migrations: steps(left) };
        const answer = confirmed(left[0], confirm);
        applied.push(String(confirm));
        return answer;
      },
      "database.rollback_migration"({ confirm }) {
        const answer = confirmed(applied.at(-1), confirm);
        applied.pop();
        return answer;
      },
    };
    return { applied, answers };
  }
  const merges: Answers = {
    "github.merge_pull_request": () => ({ sha: "abc", merged: true, message: "merged" }),
  };

  test("migrates, merges, rolls out and tells", async () => {
    const data = database();
    const { run, calls } = open({
      ...data.answers,
      ...merges,
      ...cluster(["nothing", "patched"]),
      ...slack,
    });
    expect(await run("full_deployment", input)).toMatchObject({
      status: "succeeded",
      output: { image: "app:2", commit: "abc", replicas: 2 },
    });
    expect(data.applied).toEqual(["001_guests", "002_rooms"]);
    expect(of(calls, "kubernetes.kubectl_patch")[0]?.patchData).toEqual({
      spec: { template: { spec: { containers: [{ name: "app", image: "app:2" }] } } },
    });
    expect(of(calls, "slack.slack_post_message")).toHaveLength(1);
  });

  test("undoes the roll-out and every migration where the image does not come up", async () => {
    const data = database();
    const { run, calls } = open({ ...data.answers, ...merges, ...cluster(["nothing"]), ...slack });
    const ended = await run("full_deployment", input);
    expect(ended).toMatchObject({
      status: "failed",
      failedSteps: ["watch"],
      undone: [{ step: "roll_out" }, { step: "migrate" }, { step: "migrate" }],
    });
    expect(data.applied).toEqual([]);
    expect(of(calls, "kubernetes.kubectl_rollout")[0]).toMatchObject({ subCommand: "undo" });
    expect(of(calls, "slack.slack_post_message")).toEqual([]);
  });

  test("a migration that fails takes back those before it, and nothing is merged", async () => {
    const data = database();
    const migrate = data.answers["database.run_migrations"];
    const { run, calls } = open({
      ...data.answers,
      "database.run_migrations": (args, earlier) =>
        args.confirm === "002_rooms" ? fails("syntax error")() : (migrate?.(args, earlier) ?? null),
    });
    expect(await run("full_deployment", input)).toMatchObject({ status: "failed" });
    expect(of(calls, "github.merge_pull_request")).toEqual([]);
  });

  test("asks a person first", async () => {
    const data = database();
    const world = open({ ...data.answers, ...merges, ...cluster(["patched"]), ...slack });
    const waiting = await world.run("full_deployment", { ...input, approve: true });
    expect(waiting).toMatchObject({ status: "waiting", waitingFor: [{ step: "approve" }] });
    expect(world.calls).toEqual([]);
    const { executionId = null } = waiting;
    await world.call("approve_step", { executionId, step: "approve", approve: false });
    expect(await world.settle(executionId)).toMatchObject({ status: "failed" });
    expect(world.calls).toEqual([]);
  });
});

describe("health_recovery", () => {
  const input = { deployment: "web", channel: "C1" };
  const told = (calls: readonly Called[]) =>
    of(calls, "slack.slack_post_message").map(({ text }) => text);
  const commands = (calls: readonly Called[]) =>
    of(calls, "kubernetes.kubectl_rollout").map(({ subCommand }) => subCommand);

  test.each([
    { heal: ["nothing"], status: "succeeded", done: [], says: [] },
    { heal: ["restart"], status: "succeeded", done: ["restart"], says: [/is again/] },
    { heal: ["undo"], status: "succeeded", done: ["restart", "undo"], says: [/is again/] },
    { heal: [], status: "failed", done: ["restart", "undo"], says: [/is down/] },
  ])("where $heal helps", async ({ heal, status, done, says }) => {
    const { run, calls } = open({ ...cluster(heal), ...slack });
    expect(await run("health_recovery", input)).toMatchObject({ status });
    expect(commands(calls)).toEqual(done);
    expect(told(calls)).toEqual(says.map((each) => expect.stringMatching(each)));
  });
});

describe("customer_onboarding", () => {
  const input = { name: "Ann", email: "ann@example.com", price: "price_1" };

  /** Stripe with what is there, and a table of customers. */
  function shop() {
    const things = new Set<string>();
    const rows = new Set<string>();
    const made = (id: string, object: string) => {
      things.add(id);
      return { id, object };
    };
    const gone = (id: unknown) => ({ id: String(id), deleted: things.delete(String(id)) });
    const answers: Answers = {
      "stripe.stripe_api_write"({ stripe_api_operation_id: operation, parameters }) {
        const given = isJsonObject(parameters) ? parameters : {};
        if (operation === "PostCustomers") return made("cus_1", "customer");
        if (operation === "PostSubscriptions") return made("sub_1", "subscription");
        if (operation === "DeleteCustomersCustomer") return gone(given.customer);
        return gone(given.subscription_exposed_id);
      },
      "database.insert_rows"({ rows: given }) {
        const [row] = given as JsonObject[];
        rows.add(String(row?.id));
        return { affectedRows: 1, rows: [] };
      },
      "database.delete_rows"({ where }) {
        rows.delete(String((where as JsonObject).id));
        return { affectedRows: 1, rows: [] };
      },
      "gmail.send_email": () => "Email sent successfully with ID: 1",
    };
    return { things, rows, answers };
  }

  test("makes all of it", async () => {
    const { things, rows, answers } = shop();
    const { run, calls } = open(answers);
    expect(await run("customer_onboarding", input)).toMatchObject({
      status: "succeeded",
      output: { customer: "cus_1", subscription: "sub_1" },
    });
    expect([...things, ...rows]).toEqual(["cus_1", "sub_1", "cus_1"]);
    expect(of(calls, "gmail.send_email")[0]).toMatchObject({ to: ["ann@example.com"] });
  });

  test("leaves nothing where the database refuses", async () => {
    const { things, rows, answers } = shop();
    const { run } = open({ ...answers, "database.insert_rows": fails("duplicate key") });
    expect(await run("customer_onboarding", input)).toMatchObject({
      status: "failed",
      failedSteps: ["keep"],
      undone: [{ step: "subscription" }, { step: "customer" }],
    });
    expect([...things, ...rows]).toEqual([]);
  });

  test("a welcome that cannot be sent undoes nothing", async () => {
    const { things, answers } = shop();
    const { run } = open({ ...answers, "gmail.send_email": fails("no such mailbox") });
    const ended = await run("customer_onboarding", input);
    expect(ended).toMatchObject({ status: "succeeded", failedSteps: ["welcome"] });
    expect([...things]).toEqual(["cus_1", "sub_1"]);
  });

  test("an address that is none begins nothing", async () => {
    const world = open(shop().answers);
    await expect(
      world.run("customer_onboarding", { ...input, email: "ann at example" }),
    ).rejects.toThrow("email must match pattern");
    expect(world.calls).toEqual([]);
  });
});

const page = { text: "Reserva ABC", pages: 1, method: "ocr", language: "por+eng" };
const reservation = { code: "A1", property: "Casa", guest: "Ann", check_in: "2026-07-01" };

describe("ocr_processing", () => {
  const answers: Answers = {
    "documents.extract_text": () => page,
    "documents.analyze_content": () => ({ language: "por", kind: "reservation", summary: "One" }),
    "database.upsert_rows": ({ rows }) => ({ affectedRows: (rows as unknown[]).length, rows: [] }),
  };

  test("reads, analyses and stores", async () => {
    const { run, calls } = open(answers);
    expect(await run("ocr_processing", { path: "a.pdf" })).toMatchObject({
      status: "succeeded",
      completedSteps: ["extract_text", "analyze_content", "store_data"],
      output: { pages: 1, method: "ocr", kind: "reservation" },
    });
    expect(of(calls, "database.upsert_rows")[0]?.rows).toEqual([
      expect.objectContaining({ path: "a.pdf", content: "Reserva ABC", language: "por" }),
    ]);
  });

  test("a database that comes back is tried again; what was read is not read again", async () => {
    let tries = 0;
    const { run, calls } = open({
      ...answers,
      "database.upsert_rows": () => {
        tries += 1;
        return tries < 3 ? fails("connection lost")() : { affectedRows: 1, rows: [] };
      },
    });
    expect(await run("ocr_processing", { path: "a.pdf" })).toMatchObject({ status: "succeeded" });
    expect(of(calls, "documents.extract_text")).toHaveLength(1);
    expect(tries).toBe(3);
  });
});

describe("property_management", () => {
  const input = { path: "a.pdf", from: "2026-07-01", to: "2026-08-01" };
  const answers: Answers = {
    "documents.extract_text": () => page,
    "documents.extract_reservations": () => ({ count: 1, reservations: [reservation] }),
    "database.upsert_rows": () => ({ affectedRows: 1, rows: [] }),
    "database.select_rows": () => ({ rows: [reservation], rowCount: 1, truncated: false }),
    "documents.calendar": () => ({ days: [{ day: "2026-07-01", guests: ["Ann"] }] }),
    "documents.occupancy": () => ({ nights: 31, occupied: 1, rate: 0.0323 }),
  };

  test("stores the reservations and gives the calendar", async () => {
    const { run, calls } = open(answers);
    expect(await run("property_management", input)).toMatchObject({
      status: "succeeded",
      output: { stored: 1, calendar: [{ day: "2026-07-01" }], occupancy: { occupied: 1 } },
    });
    expect(of(calls, "database.upsert_rows")[0]).toMatchObject({
      ...{ table: "reservations", conflictColumns: ["code"], rows: [reservation] },
    });
  });

  test("a document without reservations stores nothing and says so", async () => {
    const none = { count: 0, reservations: [] };
    const { run, calls } = open({ ...answers, "documents.extract_reservations": () => none });
    expect(await run("property_management", input)).toMatchObject({
      status: "failed",
      errors: [{ step: "found", message: "There is no reservation in the document" }],
    });
    expect(of(calls, "database.upsert_rows")).toEqual([]);
  });
});

test("bindings that the template does not know are refused with a sentence", async () => {
  const { call } = open({});
  for (const [bindings, problem] of [
    [{ databse: "x" }, 'did you mean \\"database\\"'],
    [{ database: { server: "x", tools: { upsert: "y" } } }, "knows no tool"],
  ] as const)
    await expect(
      call("register_workflow", { template: "ocr_processing", bindings }),
    ).rejects.toThrow(problem);
  await expect(call("register_workflow", { template: "ocr" })).rejects.toThrow("no template");
  await expect(call("register_workflow", { id: "x" })).rejects.toThrow("one of definition");
});

test("a binding renames tools and arguments", () => {
  const database = {
    ...{ server: "pg", tools: { upsert_rows: "put" } },
    arguments: { upsert_rows: { conflictColumns: "keys" } },
  };
  const { steps } = instantiate(findTemplate("ocr_processing"), { database });
  const [, , store] = steps as JsonObject[];
  expect(store).toMatchObject({ server: "pg", tool: "put", arguments: { keys: ["path"] } });
});
