/** The task queue of deliveries beside the main one: receivers that let one wait must not take the places of agent tasks. */
export const deliveryQueue = (taskQueue: string): string => `${taskQueue}-delivery`;
