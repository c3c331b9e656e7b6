/**
 * What noble asks for and browsers of 2018 to 2021 lack, though they know BigInt. To be
 * imported first.
 */
if (typeof globalThis === 'undefined') self.globalThis = self;
if (!Object.hasOwn) {
  Object.hasOwn = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
}
