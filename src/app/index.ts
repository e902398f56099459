export * from './App';
export * from './clipboard';
export * from './commands';
export * from './focus';
export * from './format';
export * from './host';
export * from './translator';
export { describeApproval } from './UseLogin';
