import type { JsonObject } from "@trestle/protocol";
import type { KeyPath } from "../document.ts";
import type { Machine } from "./machine.ts";
import type { Variables } from "./variables.ts";

/** A program that people use MCP servers from, and how it writes them down. */
export interface Host {
  readonly id: string;
  /** As its makers write it. */
  readonly title: string;
  readonly format: "json" | "toml";
  /** What a person does so that it reads its file again. */
  readonly restart: string;
  /** Where it keeps servers on this machine, the file for a first one first; none need be there. */
  files(machine: Machine): readonly HostFile[];
  /** What its own references mean. */
  readonly variables: Variables;
  /** Its entry as the bridge's configuration has it, before references are translated. */
  readEntry(raw: JsonObject): RawEntry;
  /** An entry that starts the bridge over stdio. */
  stdioEntry(start: StdioStart): JsonObject;
  /** An entry that connects to the bridge over HTTP; nothing where its file cannot say so. */
  httpEntry(address: HttpStart): JsonObject | undefined;
  /** The snippet that a person pastes, around an entry. */
  wrap(name: string, entry: JsonObject): JsonObject;
}

export interface HostFile {
  readonly path: string;
  /** A project's file is shared with whoever works on it. */
  readonly scope: "user" | "project";
  readonly sections: readonly HostSection[];
}

/** Where in a file servers stand by name, if there are any. */
export interface HostSection {
  readonly keys: KeyPath;
  /** The folder that its servers are started in: that of the project they are for. */
  readonly folder?: string;
}

export interface RawEntry {
  readonly entry: JsonObject;
  /** Keys that the bridge has no word for. */
  readonly dropped: readonly string[];
  /** Those without which the server would be another one. */
  readonly vital: readonly string[];
}

export interface StdioStart {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface HttpStart {
  readonly url: string;
  /** Every caller must present a key. */
  readonly needsKey: boolean;
}

/** The variable that the snippets take the bridge's key from. */
export const KEY_VARIABLE = "TRESTLE_KEY";
