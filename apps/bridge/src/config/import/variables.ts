import type { JsonObject, JsonValue } from "@trestle/protocol";
import { homeOf, type Machine, pathsOf } from "./machine.ts";

/**
 * What a host makes of `${…}` in its entries: `none` takes it as it stands, `environment` knows variables as
 * the bridge does, `editor` knows folders and questions to the person, too.
 */
export type Variables = "none" | "environment" | "editor";

export interface Translated {
  readonly entry: JsonObject;
  readonly notes: readonly string[];
  /** Variables in the place of what the editor asked the person for. */
  readonly asked: readonly string[];
  /** What cannot be said in the bridge's configuration. */
  readonly reason?: string;
}

interface Place {
  readonly machine: Machine;
  /** Of the project that the entry is for. */
  readonly folder: string | undefined;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*(:-|$)/;
/** Of the file that is open and the like. */
const EDITOR_NAMES =
  /^(workspaceFolder|file|relativeFile|cwd$|execPath$|lineNumber$|columnNumber$|selectedText$|defaultBuildTask$)/;
/** References that the bridge would follow: what was text to a host must not become a command. */
const OURS = /^(env|file|command):/;

/** An entry whose references mean to the bridge what they meant to the host. */
export function translateVariables(entry: JsonObject, kind: Variables, place: Place): Translated {
  const notes = new Set<string>();
  const asked = new Set<string>();
  let reason: string | undefined;

  function reference(whole: string, content: string): string {
    if (kind === "editor") return editorReference(whole, content);
    if (OURS.test(content))
      reason ??= `${whole} is plain text there, and a reference to the bridge`;
    else if (kind === "none" && VARIABLE.test(content)) {
      notes.add(`${whole} was plain text there; the bridge puts a value in its place`);
    }
    return whole;
  }

  function editorReference(whole: string, content: string): string {
    if (content.startsWith("env:")) return whole;
    const known = editorValue(content, place);
    if (known !== undefined) return known;
    const [, question] = /^input:(.+)$/.exec(content) ?? [];
    if (question !== undefined) {
      const name = variableName(question);
      asked.add(name);
      notes.add(`${whole} was asked for in the editor; now it is ${name}`);
      return `\${${name}}`;
    }
    // The editor leaves a plain name as it stands, and it mostly is meant as a variable.
    if (VARIABLE.test(content) && !EDITOR_NAMES.test(content)) return whole;
    reason ??= `${whole} has no meaning outside of the editor`;
    return whole;
  }

  const translated = translateText(entry, (text) => text.replaceAll(/\$\{([^}]*)\}/g, reference));
  return {
    entry: translated as JsonObject,
    notes: [...notes],
    asked: [...asked],
    ...(reason === undefined ? {} : { reason }),
  };
}

function translateText(value: JsonValue, change: (text: string) => string): JsonValue {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => translateText(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, translateText(item ?? null, change)]),
  );
}

function editorValue(content: string, { machine, folder }: Place): string | undefined {
  const { sep, basename } = pathsOf(machine);
  if (content === "userHome") return homeOf(machine);
  if (content === "pathSeparator" || content === "/") return sep;
  if (folder === undefined) return undefined;
  if (content === "workspaceFolder") return folder;
  return content === "workspaceFolderBasename" ? basename(folder) : undefined;
}

/** `github-token` → `GITHUB_TOKEN` */
function variableName(id: string): string {
  const name = id.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
  return /^[A-Z_]/.test(name) ? name : `_${name}`;
}
