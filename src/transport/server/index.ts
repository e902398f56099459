export * from './request';
export * from './server';
export * from './tusSender';
