___TERMS_OF_SERVICE___

By creating or modifying this file you agree to Google Tag Manager's Community
Template Gallery Developer Terms of Service available at
https://developers.google.com/tag-manager/gallery-tos (or such other URL as
Google may provide), as modified from time to time.


___INFO___

{
  "type": "TAG",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Airlock",
  "brand": {"id": "brand_dummy", "displayName": ""},
  "description": "Tells the clinic's own airlock of an event or of the visitor's consent. No ad network's script is loaded.",
  "containerContexts": ["WEB"]
}


___TEMPLATE_PARAMETERS___

%PARAMETERS%


___SANDBOXED_JS_FOR_WEB_TEMPLATE___

const callInWindow = require('callInWindow');
const injectScript = require('injectScript');

// Consent is given where a variable says exactly that; anything else, nothing included, is a no.
const isYes = told => told === true || told === 'true' || told === 'granted';

const tell = () => {
  if (data.kind === 'consent') {
    const consent = {};
    %CATEGORIES%.forEach(category => {
      consent[category] = isYes(data['consent_' + category]);
    });
    callInWindow('airlock.consent', consent);
  } else {
    const fields = {};
    %FIELDS%.forEach(field => {
      if (data[field]) fields[field] = data[field];
    });
    callInWindow('airlock', data.event, fields);
  }
  data.gtmOnSuccess();
};

injectScript('%URL%', tell, data.gtmOnFailure, 'airlock');


___WEB_PERMISSIONS___

%PERMISSIONS%


___TESTS___

scenarios: []


___NOTES___

Written by `airlock snippet`. Write it again whenever the policy's events change.
