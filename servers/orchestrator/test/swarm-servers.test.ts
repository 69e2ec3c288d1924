import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import { startServer } from "./_server.ts";

const SERVERS = 2;
const TASKS = 6;
const PATIENCE_MS = 60_000;

interface Results {
  readonly counts: Record<string, number>;
  readonly tasks: readonly { readonly result?: { readonly merged?: string } }[];
}

/** Servers of their own homes, as on machines of their own, which share a database and a repository. */
async function startServers() {
  const database = await createLocalDatabase({ prefix: "trestle_swarm_servers" });
  onTestFinished(() => database.drop());
  const folder = temporaryFolder("trestle-swarm-servers");
  const repository = join(folder, "repository");
  const git = (...words: string[]) => execFileSync("git", words, { cwd: repository });
  const who = ["-c", "user.name=A Person", "-c", "user.email=person@example.com"];
  execFileSync("git", ["init", "-q", "-b", "main", repository]);
  git(...who, "commit", "-q", "--allow-empty", "-m", "Begin");
  const agents = join(folder, "agents.json");
  const command = ["sh", "-c", `sleep 0.3; echo x > "$TRESTLE_TASK.txt"`];
  const profiles = { scribe: { kind: "process", command, repository: "shop" } };
  const repositories = { shop: { path: repository, target: "main", onConflict: "retry" } };
  writeFileSync(agents, JSON.stringify({ profiles, repositories }));
  const settings = { ORCHESTRATOR_DATABASE_URL: database.url, ORCHESTRATOR_AGENTS: agents };
  const servers = await Promise.all(
    Array.from({ length: SERVERS }, (_, at) => startServer(join(folder, `home-${at}`), settings)),
  );
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.end("SIGKILL")));
  });
  return {
    servers,
    files: () =>
      String(git("ls-tree", "--name-only", "main"))
        .trim()
        .split("\n"),
  };
}

describe.skipIf(!(await hasLocalPostgres()))("servers that share a database", () => {
  test("have the same swarms, and where one is killed the crew of another goes on", {
    timeout: 2 * PATIENCE_MS,
  }, async () => {
    const { servers, files } = await startServers();
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error("they did not start");
    const made = await first.tool<{ swarm: string }>("create_swarm", {
      crew: { kind: "process", profile: "scribe" },
      agents: 2,
      leaseSeconds: 2,
    });
    const { swarm } = made;
    const ids: string[] = [];
    for (let at = 0; at < TASKS; at += 1) {
      const server = servers[at % SERVERS] ?? first;
      ids.push((await server.tool<{ id: string }>("submit_task", { swarm, title: `${at}` })).id);
    }
    const results = () => second.tool<Results>("get_results", { swarm });
    const end = performance.now() + PATIENCE_MS;
    const untilDone = async (count: number) => {
      while (((await results()).counts.succeeded ?? 0) < count) {
        if (performance.now() > end) throw new Error(JSON.stringify(await results()));
        await pause(50);
      }
    };
    await untilDone(1);
    await first.end("SIGKILL");
    await untilDone(TASKS);
    const { tasks } = await results();
    expect(tasks.map(({ result }) => result?.merged)).toEqual(ids.map(() => "main"));
    expect(files().toSorted()).toEqual(ids.map((id) => `${id}.txt`).toSorted());
  });
});
