import { basename } from "node:path/posix";
import { writtenFiles } from "../facts/written-files.ts";
import type { CallPart } from "../model/record.ts";
import { objectsIn, textIn } from "../transcripts/fields.ts";
import { createRecent } from "../transcripts/recent.ts";
import { cleanSubject } from "./subject.ts";
import { type OpenTaskRule, remembered, type TaskBook } from "./task-rule.ts";

const MOST_CALLS = 50;
const MOST_COMMENTS = 200;
/** In a comment, not in the text of a program. */
const COMMENT =
  /(?:\/\/|#|\/\*|\*|--|<!--|;|%|"""|''')\s*(?:@)?(TODO|FIXME|XXX|HACK)\b(?:\([^)]{0,40}\))?[:\s-]*(.*)$/;
/** Prose has its own rules. */
const PROSE = /\.(?:md|mdx|markdown|txt|rst|adoc|json|jsonl|csv)$/i;

/** What an edit does to the comments of a file. */
interface Edit {
  readonly path: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The file was written whole: what is not in it is gone. */
  readonly whole?: readonly string[];
}

interface Comment {
  readonly path: string;
  readonly taskId: string;
}

/** New TODO and FIXME comments in what an agent wrote; done when it takes them out again. */
export const codeComments: OpenTaskRule = (memory) => {
  const edits = createRecent<readonly Edit[]>(MOST_CALLS, remembered(memory, "edits"));
  const comments = createRecent<Comment>(MOST_COMMENTS, remembered(memory, "comments"));

  function apply({ path, added, removed, whole }: Edit, tasks: TaskBook): void {
    for (const text of added) {
      const key = `${path} ${text}`;
      if (comments.get(key) !== undefined) continue;
      const subject = cleanSubject(`${text} (${basename(path)})`);
      const taskId = tasks.identify(subject, { exact: true });
      comments.set(key, { path, taskId });
      tasks.say(taskId, {
        source: "code-comment",
        subject,
        status: "open",
        note: path,
        confidence: 0.85,
      });
    }
    for (const [key, comment] of comments.entries()) {
      const text = key.slice(path.length + 1);
      const isGone =
        comment.path === path &&
        (whole === undefined ? removed.includes(text) : !whole.includes(text));
      if (!isGone) continue;
      comments.delete(key);
      tasks.say(comment.taskId, { source: "code-comment", status: "done", confidence: 0.85 });
    }
  }

  return {
    take: ({ record, tasks }) => {
      for (const part of record.parts) {
        if (part.kind === "call") {
          const found = editsOf(part);
          if (found.length > 0) edits.set(part.callId, found);
        } else if (part.kind === "result") {
          const made = edits.get(part.callId) ?? [];
          edits.delete(part.callId);
          if (part.ok) for (const edit of made) apply(edit, tasks);
        }
      }
    },
    memory: () =>
      edits.entries().length + comments.entries().length === 0
        ? undefined
        : { edits: edits.entries(), comments: comments.entries() },
  };
};

function editsOf(call: CallPart): readonly Edit[] {
  const paths = writtenFiles(call).filter((path) => !PROSE.test(path));
  const { input } = call;
  const patch = textIn(input, "input") ?? textIn(input, "patch");
  const [path] = paths;
  if (path === undefined) return [];
  if (patch !== undefined) return patchedEdits(patch, paths);
  const content = textIn(input, "content");
  if (content !== undefined) {
    const whole = commentsIn(content);
    return [{ path, added: whole, removed: [], whole }];
  }
  const changes = objectsIn(input, "edits").length > 0 ? objectsIn(input, "edits") : [input];
  return changes.flatMap((change) => {
    const before = commentsIn(textIn(change, "old_string") ?? "");
    const after = commentsIn(textIn(change, "new_string") ?? textIn(change, "new_source") ?? "");
    return changeOf(path, before, after);
  });
}

/** A patch with several files: its lines belong to the file named before them. */
function patchedEdits(patch: string, paths: readonly string[]): readonly Edit[] {
  return patch.split(/^(?=\*\*\* (?:Add|Update|Delete) File: )/m).flatMap((section) => {
    const path = /^\*\*\* \w+ File: (.+)$/m.exec(section)?.[1]?.trim() ?? "";
    if (!paths.includes(path)) return [];
    const linesWith = (sign: string) =>
      section
        .split("\n")
        .filter((line) => line.startsWith(sign))
        .map((line) => line.slice(1))
        .join("\n");
    return changeOf(path, commentsIn(linesWith("-")), commentsIn(linesWith("+")));
  });
}

function changeOf(
  path: string,
  before: readonly string[],
  after: readonly string[],
): readonly Edit[] {
  const added = after.filter((text) => !before.includes(text));
  const removed = before.filter((text) => !after.includes(text));
  return added.length + removed.length === 0 ? [] : [{ path, added, removed }];
}

function commentsIn(text: string): readonly string[] {
  if (!/TODO|FIXME|XXX|HACK/.test(text)) return [];
  return text.split("\n").flatMap((line) => {
    const [, mark = "", words = ""] = COMMENT.exec(line.slice(0, 500)) ?? [];
    const said = words.replace(/\s*(?:\*\/|-->|"""|''')\s*$/, "").trim();
    return said.length < 4 ? [] : [`${mark}: ${said}`];
  });
}
