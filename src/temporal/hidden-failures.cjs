// CommonJS, because the SDK loads it by `require` in the worker and bundles it for the workflows' sandbox.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
