/** What a tool can do about the task that it runs as. */
export interface TaskControl {
  /**
   * Lets the caller go on at once, with the name of a task; by itself that happens when the tool is not done
   * soon. A name of its own is for work that outlives this process: it must be stored by then.
   */
  begin(taskId?: string): void;
  /** Says in a sentence how far it is. */
  tell(message: string): void;
}
