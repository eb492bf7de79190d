/** Where the secrets of an endpoint are kept: sealed to it, one cannot be moved to another's row and used there. */
export const secretPlace = (endpointId: string): string => `delivery_endpoints/${endpointId}`;
