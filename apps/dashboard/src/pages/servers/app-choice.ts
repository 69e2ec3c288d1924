import type { HostServer, HostServers, Imported } from "../../api/generated.ts";

/** A server of an app, as it is asked for. */
export interface ChosenServer {
  readonly host: HostServers["host"];
  readonly name: string;
  readonly file: string;
}

export function keyOf({ host, name, file }: ChosenServer): string {
  return JSON.stringify([host, file, name]);
}

/** How it is started, in one line; secrets are masked by the bridge. */
export function startOf({ command, args = [], url }: HostServer): string {
  return url ?? [command, ...args].filter(Boolean).join(" ");
}

/** Why it cannot be chosen, in a sentence; undefined where it can. */
export function refusalOf(server: HostServer, takesPrograms: boolean): string | undefined {
  const { state, id, name, notes, command } = server;
  if (state === "known") {
    return id === name ? "The bridge has it already." : `The bridge has it already, as ${id}.`;
  }
  if (state === "own") return "This is a Trestle bridge itself.";
  if (state === "left") return `It stays where it is: ${notes.join("; ")}.`;
  if (command === undefined || takesPrograms) return undefined;
  return "It runs a program, which this bridge takes only from its own machine.";
}

/** What else there is to say of one that can be chosen. */
export function remarksOf({ name, id, notes, given }: HostServer): string[] {
  const isToldAlready = notes.some((note) => note.includes(`"${id}"`));
  return [
    ...(id === undefined || id === name || isToldAlready ? [] : [`it is called "${id}" then`]),
    ...notes,
    ...(given.length === 0 ? [] : [`it is given ${given.join(", ")}`]),
  ];
}

/** What became of one, in a sentence. */
export function outcomeOf({ name, id, outcome, notes }: Imported): string {
  const called = id === undefined || id === name ? name : `${name} (as ${id})`;
  if (outcome === "left") return `${name} stays where it is: ${notes.join("; ")}.`;
  if (outcome === "own") return `${name} is a Trestle bridge itself, and stays where it is.`;
  const done = outcome === "added" ? "is added" : "was there already";
  return `${called} ${done}${notes.length === 0 ? "" : `: ${notes.join("; ")}`}.`;
}
