/** What people should know of a task that went on all the same. A type, so that it is a JsonObject. */
export type TaskWarning = { code: string; message: string };
