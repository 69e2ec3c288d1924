import type {
  Answer,
  CallRequest,
  ClassesView,
  DeleteRequest,
  EventsPage,
  InitializeRequest,
  ListQuery,
  ObjectRef,
  ObjectsPage,
  ObjectView,
} from "./protocol.ts";

/** Objects, wherever they are kept. Every method throws an `ObjectError` for what is refused. */
export interface Objects {
  initialize(ref: ObjectRef, request: InitializeRequest, caller: string): Promise<Answer>;
  call(ref: ObjectRef, request: CallRequest, caller: string): Promise<Answer>;
  delete(ref: ObjectRef, request: DeleteRequest, caller: string): Promise<Answer>;
  get(ref: ObjectRef): Promise<ObjectView>;
  events(
    ref: ObjectRef,
    range: { readonly since: number; readonly limit: number },
  ): Promise<EventsPage>;
  list(query: ListQuery): Promise<ObjectsPage>;
  classes(): Promise<ClassesView>;
  /**
   * Tells of every change after the promise resolves, also of an object that is not there yet. What it returns ends
   * it.
   */
  follow(ref: ObjectRef, onChange: OnChange, options?: FollowOptions): Promise<() => void>;
  close(): Promise<void>;
}

export interface FollowOptions {
  /** Are the frames to carry the state besides? It may be large, and is read for each change then. */
  readonly state?: boolean;
}

export type OnChange = (change: Change) => void;

/** `lost`: some changes were not seen; ask for the object itself. */
export type Change =
  | { readonly kind: "event"; readonly seq: number; readonly frames: ChangeFrames }
  | { readonly kind: "lost" };

/** A frame of the wire as text, made once for all who watch. */
export interface ChangeFrames {
  readonly bare: string;
  /** With the state, where it was asked for and nothing came after this event yet. */
  readonly whole: string;
}
