import type { Clock } from "@trestle/protocol";

/** Something that keeps files from being read or stored, and what a person can do about it. */
export interface Problem {
  readonly kind: ProblemKind;
  /** Path or source that it is about. */
  readonly about: string;
  readonly message: string;
  /** How often it was met since it began. */
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export type ProblemKind =
  | "not-permitted"
  | "outside"
  | "missing"
  | "unreadable"
  | "watch-limit"
  | "file-limit"
  | "store-unavailable"
  | "not-understood";

const advice: Readonly<Record<ProblemKind, string>> = {
  "not-permitted":
    "may not be read: give the tracker's user the right to read it, or take the source out",
  outside:
    "leads by a link out of the folders that may be watched, and is not read: watch what it leads to, or have the operator name its folder in TRACKER_WATCH_DIRS",
  missing: "is not there: mount or create it, or take the source out; it is read once it appears",
  unreadable: "can not be read",
  "watch-limit":
    "could not be watched and is polled instead, with up to 15 seconds of delay: raise fs.inotify.max_user_watches and max_user_instances",
  "file-limit":
    "has to wait, since too many files are open: raise the limit of open files (ulimit -n)",
  "store-unavailable":
    "is not stored at the moment; nothing is lost, it is read again: see that the disk has room and the store answers",
  "not-understood": "could not be understood and is not read further",
};

/** So many are kept; of more, those that were met last. */
const MOST = 200;

/** What goes wrong for longer than a moment: reported until it is over, never thrown. */
export interface Problems {
  report(kind: ProblemKind, about: string, detail?: string): void;
  /** It is over. */
  clear(kind: ProblemKind, about: string): void;
  list(): readonly Problem[];
}

export function createProblems(clock: Clock): Problems {
  const byKey = new Map<string, Problem>();
  return {
    report(kind, about, detail) {
      const key = `${kind} ${about}`;
      const before = byKey.get(key);
      const now = clock.now();
      const message = `${about} ${advice[kind]}${detail === undefined ? "" : ` (${detail})`}.`;
      byKey.delete(key);
      byKey.set(key, {
        kind,
        about,
        message,
        count: (before?.count ?? 0) + 1,
        firstAt: before?.firstAt ?? now,
        lastAt: now,
      });
      const oldest = byKey.size > MOST ? byKey.keys().next().value : undefined;
      if (oldest !== undefined) byKey.delete(oldest);
    },
    clear(kind, about) {
      byKey.delete(`${kind} ${about}`);
    },
    list: () => [...byKey.values()].toReversed(),
  };
}

/** Which problem an error of the file system is. */
export function problemOf(error: unknown): ProblemKind {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES" || code === "EPERM") return "not-permitted";
  if (code === "EOUTSIDE") return "outside";
  // A link where there was none: what was there is gone.
  if (code === "ELOOP") return "missing";
  if (code === "ENOENT" || code === "ENOTDIR") return "missing";
  if (code === "EMFILE" || code === "ENFILE") return "file-limit";
  return "unreadable";
}
