export { programOf, SERVICES, type ServiceName } from './service-names.ts';
export { Supervised, type SupervisedOptions } from './supervised.ts';
