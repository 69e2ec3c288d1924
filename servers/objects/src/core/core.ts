import type {
  Answer,
  CallRequest,
  DeleteRequest,
  EventsPage,
  InitializeRequest,
  ListQuery,
  ObjectEvent,
  ObjectRef,
  ObjectsPage,
  ObjectView,
} from "../protocol.ts";

/** What a turn did. The host stores nothing: it answers, tells the watchers, and sets its alarm. */
export interface Turn {
  readonly answer: Answer;
  /** There where the turn changed the object, and was not a repeated one. */
  readonly event?: ObjectEvent;
  /** When the object wants to be woken; undefined where it does not. */
  readonly alarmAt: number | undefined;
}

/** The last word on an object for whoever watches it: also of one that does not exist. */
export interface Snapshot {
  readonly seq: number;
  readonly exists: boolean;
  readonly state: ObjectView["state"];
}

/**
 * The heart of both hosts: runs turns, one after the other, over synchronous SQLite. Everything throws an `ObjectError`
 * where it is refused, and then nothing has changed.
 */
export interface ObjectCore {
  initialize(ref: ObjectRef, request: InitializeRequest, caller: string): Turn;
  call(ref: ObjectRef, request: CallRequest, caller: string): Turn;
  delete(ref: ObjectRef, request: DeleteRequest, caller: string): Turn;
  /** Rings the alarm where it is due; undefined where there is none. */
  ring(ref: ObjectRef): Turn | undefined;
  get(ref: ObjectRef): ObjectView;
  snapshot(ref: ObjectRef): Snapshot;
  events(ref: ObjectRef, range: { readonly since: number; readonly limit: number }): EventsPage;
  list(query: ListQuery): ObjectsPage;
  /** The objects whose alarms come first, the soonest first. */
  alarms(limit: number): readonly { readonly ref: ObjectRef; readonly at: number }[];
}
