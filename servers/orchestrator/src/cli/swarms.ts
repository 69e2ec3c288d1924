import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { describeMs } from "../render/picture.ts";
import type { SwarmView, TaskView } from "../swarms/answers.ts";
import { type JsonOption, type OrchestratorCli, type Place, printJson } from "./place.ts";
import { openScreen, pause, rowsOf } from "./screen.ts";

const EVERY_MS = 500;
const MOST_TASKS = 200;

/** The commands that look at swarms. */
export function addSwarms({ program, runs }: OrchestratorCli): void {
  const swarms = program.command("swarms").description("look at swarms of agents");
  const json = ["--json", "print the answer as JSON"] as const;
  swarms
    .command("list")
    .description("list swarms")
    .option(...json)
    .action(runs(list));
  swarms
    .command("show")
    .description("tell of a swarm: its agents, tasks and cost")
    .argument("<swarm>")
    .option(...json)
    .action(runs(show));
  swarms
    .command("watch")
    .description("show a swarm live until it has no work left")
    .argument("<swarm>")
    .option("--json", "a line of JSON for each change")
    .action(runs(watch));
}

async function list(place: Place, { json }: JsonOption): Promise<number> {
  const all = await place.swarms.list({ limit: 100 }, place.caller);
  if (json) printJson(place, all);
  else
    place.terminal.print(
      table(
        ["swarm", "name", "topology", "strategy", "status", "agents", "tasks"],
        all.map(({ swarm, name, topology, strategy, status, agents, counts }) => [
          ...[swarm, name, topology, strategy, status, agents, countsOf(counts)],
        ]),
        place.terminal,
      ),
    );
  return EXIT.ok;
}

async function show(place: Place, id: string, { json }: JsonOption): Promise<number> {
  const { view, tasks } = await look(place, id);
  if (json) printJson(place, { ...view, tasks });
  else place.terminal.print(treeOfSwarm(view, tasks, place.clock.now(), MOST_TASKS).join("\n"));
  return EXIT.ok;
}

async function watch(place: Place, id: string, { json }: JsonOption): Promise<number> {
  const { clock, signal, terminal } = place;
  const screen = json ? undefined : openScreen(place);
  let told = "";
  for (;;) {
    const { view, tasks } = await look(place, id);
    const lines = treeOfSwarm(view, tasks, clock.now(), screen ? rowsOf(place) : MOST_TASKS);
    const text = json ? JSON.stringify({ ...view, tasks }) : toldOf(view, tasks);
    if (screen) screen.show(lines);
    else if (text !== told) terminal.print(text);
    told = text;
    const isOver = tasks.length > 0 && tasks.every(({ endedAt }) => endedAt !== undefined);
    if (isOver || signal.aborted) return EXIT.ok;
    await pause(clock, EVERY_MS, signal);
  }
}

async function look({ swarms, caller }: Place, swarm: string) {
  const [view, results] = await Promise.all([
    swarms.get({ swarm }, caller),
    swarms.results({ swarm, limit: MOST_TASKS }, caller),
  ]);
  return { view, tasks: results.tasks };
}

function treeOfSwarm(
  { name, swarm, topology, strategy, status, members, cost, counts }: SwarmView,
  tasks: readonly TaskView[],
  now: number,
  most: number,
): string[] {
  const money = cost.money === 0 ? "" : `, ${cost.money} in money`;
  const root = `${name} ${status}, ${topology} ${strategy}, ${countsOf(counts)}; ${cost.calls} calls, ${cost.tokens} tokens${money}, ${describeMs(cost.wallMs)}  (${swarm})`;
  const agents = members.map((each) => {
    const work = each.tasks.length === 0 ? each.status : `works on ${each.tasks.join(", ")}`;
    return `├─ ${each.name} (${each.kind}, ${each.role})  ${work}, ${each.done} done, ${each.failed} failed`;
  });
  const open = tasks.filter(({ endedAt }) => endedAt === undefined);
  const ended = tasks.filter(({ endedAt }) => endedAt !== undefined);
  const room = Math.max(1, most - agents.length - 2);
  const shown = [...open, ...ended.toReversed()].slice(0, room);
  const left = tasks.length - shown.length;
  return [
    root,
    ...agents,
    ...shown.map((task) => `├─ ${lineOfTask(task, now)}`),
    ...(left > 0 ? [`└─ … ${left} more tasks`] : []),
  ];
}

function lineOfTask(task: TaskView, now: number): string {
  const { id, title, status, startedAt, endedAt, agent } = task;
  const begun = startedAt === undefined ? undefined : Date.parse(startedAt);
  const until = endedAt === undefined ? now : Date.parse(endedAt);
  const took = begun === undefined ? "" : `, ${describeMs(Math.max(0, until - begun))}`;
  return `${id} ${title}  ${status}${took}${agent === undefined ? "" : `, ${agent}`}`;
}

function toldOf({ name, status, counts, cost }: SwarmView, tasks: readonly TaskView[]): string {
  const open = tasks.filter(({ agent }) => agent !== undefined).map(({ id }) => id);
  const at = open.length === 0 ? "" : `; at work: ${open.join(", ")}`;
  return `${name} ${status}: ${countsOf(counts)}; ${cost.calls} calls, ${cost.tokens} tokens${at}`;
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.length === 0
    ? "no tasks"
    : some.map(([name, count]) => `${count} ${name}`).join(", ");
}
