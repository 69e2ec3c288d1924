import { randomUUID } from "node:crypto";
import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import {
  type JsonOption,
  type ObjectsCli,
  objectOf,
  type Place,
  printJson,
  refOf,
} from "./place.ts";

const CALLER = "cli";

/** The commands that ask one object, or for all of them. */
export function addCalls({ program, runs }: ObjectsCli): void {
  program
    .command("initialize")
    .description("make an object, unless it is there")
    .argument("<object>", "CLASS/ID, such as counter/visits")
    .argument("[args]", "what it begins with, as JSON")
    .action(runs(initialize));
  program
    .command("call")
    .description("run a method of an object")
    .argument("<object>", "CLASS/ID, such as counter/visits")
    .argument("<method>", "such as increment")
    .argument("[args]", `as JSON: '{"by":2}'`)
    .option("--key <key>", "a call with the same key is done once")
    .option("--expect <seq>", "only if the object still has this sequence number")
    .action(runs(call));
  program
    .command("get")
    .description("print the state of an object")
    .argument("<object>", "CLASS/ID")
    .action(runs(get));
  program
    .command("list")
    .description("list objects")
    .argument("[class]", "only of this class")
    .option("--json", "print the answer as JSON")
    .action(runs(list));
  program
    .command("classes")
    .description("list the classes of objects, with their methods")
    .option("--json", "print the answer as JSON, with the schemas")
    .action(runs(classes));
  program
    .command("delete")
    .description("take an object away with its state and its history")
    .argument("<object>", "CLASS/ID")
    .option("--yes", "do not ask")
    .action(runs(remove));
}

async function initialize(place: Place, name: string, args?: string): Promise<number> {
  const request = { args: objectOf(args), key: randomUUID() };
  printJson(place, await place.objects.initialize(refOf(name), request, CALLER));
  return EXIT.ok;
}

interface CallFlags {
  readonly key?: string;
  readonly expect?: string;
}

async function call(
  place: Place,
  name: string,
  method: string,
  args: string | undefined,
  { key = randomUUID(), expect }: CallFlags,
): Promise<number> {
  const seq = expect === undefined ? {} : { expectedSeq: Number(expect) };
  const request = { method, args: objectOf(args), key, ...seq };
  printJson(place, await place.objects.call(refOf(name), request, CALLER));
  return EXIT.ok;
}

async function get(place: Place, name: string): Promise<number> {
  printJson(place, await place.objects.get(refOf(name)));
  return EXIT.ok;
}

const MOST_LISTED = 1_000;

async function list(place: Place, name: string | undefined, { json }: JsonOption): Promise<number> {
  const only = name === undefined ? {} : { class: name };
  const { objects, cursor } = await place.objects.list({ limit: MOST_LISTED, ...only });
  if (json) printJson(place, { objects, cursor });
  else if (objects.length === 0)
    place.terminal.print(`There are no objects in ${place.objects.where}.`);
  else {
    const rows = objects.map(({ class: of, id, seq, updatedAt }) => {
      return [`${of}/${id}`, seq, new Date(updatedAt).toISOString()];
    });
    place.terminal.print(table(["object", "seq", "updated"], rows, place.terminal));
    if (cursor !== undefined) place.terminal.warn(`The first ${MOST_LISTED} are shown.`);
  }
  return EXIT.ok;
}

async function classes(place: Place, { json }: JsonOption): Promise<number> {
  const view = await place.objects.classes();
  if (json) printJson(place, view);
  else {
    const rows = view.classes.flatMap(({ name, methods }) =>
      methods.map(({ name: method, description }) => [name, method, description]),
    );
    place.terminal.print(table(["class", "method", "what it does"], rows, place.terminal));
  }
  return EXIT.ok;
}

async function remove(place: Place, name: string, { yes }: { yes?: boolean }): Promise<number> {
  const ref = refOf(name);
  const { seq } = await place.objects.get(ref);
  const question = `Delete ${name} with its state and its ${seq} changes?`;
  if (!(await place.confirm(question, yes))) return EXIT.failed;
  await place.objects.delete(ref, { key: randomUUID() }, CALLER);
  place.terminal.print(`${name} is deleted.`);
  return EXIT.ok;
}
