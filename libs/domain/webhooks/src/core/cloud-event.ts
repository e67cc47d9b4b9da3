import { eventContracts, type EventContract, type ServiceName } from '@loyalty/contracts';
import { cloudEventAttributes, type StoredEvent } from '@loyalty/kernel';

const contracts: Readonly<Record<string, Readonly<Record<string, EventContract>>>> = eventContracts satisfies Record<
  ServiceName,
  unknown
>;

/**
 * An event as others get it: CloudEvents 1.0, JSON. `data` stands in it to the byte as it was recorded, but without its sealed
 * fields: not even as ciphertext.
 */
export function cloudEvent(event: StoredEvent): string {
  return `${JSON.stringify(cloudEventAttributes(event)).slice(0, -1)},"data":${unsealed(event)}}`;
}

function unsealed({ source, type, data }: StoredEvent): string {
  const sealed = contracts[source]?.[type]?.sealed ?? [];
  if (sealed.length === 0) return data;
  const open = Object.entries(JSON.parse(data) as object).filter(([field]) => !sealed.includes(field));
  return JSON.stringify(Object.fromEntries(open));
}
