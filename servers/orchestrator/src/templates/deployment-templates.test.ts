import { describe, expect, test } from "vitest";
import { fails, of, open } from "./_opened.ts";
import type { Called } from "./_servers.ts";
import type { Answers } from "./_world.ts";

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
