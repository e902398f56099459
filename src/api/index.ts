export * from './client';
export * from './error';
export * from './outage';
export * from './request';
export * from './types';
export * from './tusSender';
