// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate16;
const schema22 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"uri":{"$ref":"types.json#/definitions/uri"},"domain":{"$ref":"types.json#/definitions/domain"}},"required":["dbg","uri","domain"]};
const schema13 = {"type":"string"};
const schema14 = {"type":"string"};
const schema15 = {"type":"string"};

function validate16(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((data.dbg === undefined) && (missing0 = "dbg")) || ((data.uri === undefined) && (missing0 = "uri"))) || ((data.domain === undefined) && (missing0 = "domain"))){
validate16.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.dbg !== undefined){
const _errs1 = errors;
if(typeof data.dbg !== "string"){
validate16.errors = [{instancePath:instancePath+"/dbg",schemaPath:"types.json#/definitions/dbg/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uri !== undefined){
const _errs4 = errors;
if(typeof data.uri !== "string"){
validate16.errors = [{instancePath:instancePath+"/uri",schemaPath:"types.json#/definitions/uri/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.domain !== undefined){
const _errs7 = errors;
if(typeof data.domain !== "string"){
validate16.errors = [{instancePath:instancePath+"/domain",schemaPath:"types.json#/definitions/domain/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs7 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
else {
validate16.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate16.errors = vErrors;
return errors === 0;
}

export const result = validate17;
const schema16 = {"type":"object","properties":{"implementations":{"type":"array","items":{"$ref":"#/definitions/implementation"}}},"required":["implementations"]};
const schema17 = {"anyOf":[{"type":"array","items":[{"const":"XenDisk"},{"$ref":"#/definitions/xen_disk"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"BlockDevice"},{"$ref":"#/definitions/path"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"File"},{"$ref":"#/definitions/path"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"Nbd"},{"$ref":"#/definitions/nbd"}],"minItems":2,"maxItems":2,"additionalItems":false}]};
const schema18 = {"type":"object","properties":{"params":{"type":"string"},"extra":{"type":"object","additionalProperties":{"type":"string"}},"backend_type":{"type":"string"}},"required":["params","extra","backend_type"]};
const schema19 = {"type":"object","properties":{"path":{"type":"string"}},"required":["path"]};
const schema21 = {"type":"object","properties":{"uri":{"type":"string"}},"required":["uri"]};

function validate13(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if(errors === _errs1){
if(Array.isArray(data)){
if(data.length > 2){
const err0 = {instancePath,schemaPath:"#/anyOf/0/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
else {
if(data.length < 2){
const err1 = {instancePath,schemaPath:"#/anyOf/0/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
else {
const len0 = data.length;
if(!(len0 <= 2)){
const err2 = {instancePath,schemaPath:"#/anyOf/0/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
else {
const len1 = data.length;
if(len1 > 0){
const _errs3 = errors;
if("XenDisk" !== data[0]){
const err3 = {instancePath:instancePath+"/0",schemaPath:"#/anyOf/0/items/0/const",keyword:"const",params:{allowedValue: "XenDisk"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var valid1 = _errs3 === errors;
}
if(valid1){
if(len1 > 1){
let data1 = data[1];
const _errs4 = errors;
const _errs5 = errors;
if(errors === _errs5){
if(data1 && typeof data1 == "object" && !Array.isArray(data1)){
let missing0;
if((((data1.params === undefined) && (missing0 = "params")) || ((data1.extra === undefined) && (missing0 = "extra"))) || ((data1.backend_type === undefined) && (missing0 = "backend_type"))){
const err4 = {instancePath:instancePath+"/1",schemaPath:"#/definitions/xen_disk/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
else {
if(data1.params !== undefined){
const _errs7 = errors;
if(typeof data1.params !== "string"){
const err5 = {instancePath:instancePath+"/1/params",schemaPath:"#/definitions/xen_disk/properties/params/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
var valid3 = _errs7 === errors;
}
else {
var valid3 = true;
}
if(valid3){
if(data1.extra !== undefined){
let data3 = data1.extra;
const _errs9 = errors;
if(errors === _errs9){
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
for(const key0 in data3){
const _errs12 = errors;
if(typeof data3[key0] !== "string"){
const err6 = {instancePath:instancePath+"/1/extra/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/definitions/xen_disk/properties/extra/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
var valid4 = _errs12 === errors;
if(!valid4){
break;
}
}
}
else {
const err7 = {instancePath:instancePath+"/1/extra",schemaPath:"#/definitions/xen_disk/properties/extra/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
var valid3 = _errs9 === errors;
}
else {
var valid3 = true;
}
if(valid3){
if(data1.backend_type !== undefined){
const _errs14 = errors;
if(typeof data1.backend_type !== "string"){
const err8 = {instancePath:instancePath+"/1/backend_type",schemaPath:"#/definitions/xen_disk/properties/backend_type/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
var valid3 = _errs14 === errors;
}
else {
var valid3 = true;
}
}
}
}
}
else {
const err9 = {instancePath:instancePath+"/1",schemaPath:"#/definitions/xen_disk/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
var valid1 = _errs4 === errors;
}
}
}
}
}
}
else {
const err10 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs16 = errors;
if(errors === _errs16){
if(Array.isArray(data)){
if(data.length > 2){
const err11 = {instancePath,schemaPath:"#/anyOf/1/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
else {
if(data.length < 2){
const err12 = {instancePath,schemaPath:"#/anyOf/1/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
else {
const len2 = data.length;
if(!(len2 <= 2)){
const err13 = {instancePath,schemaPath:"#/anyOf/1/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
else {
const len3 = data.length;
if(len3 > 0){
const _errs18 = errors;
if("BlockDevice" !== data[0]){
const err14 = {instancePath:instancePath+"/0",schemaPath:"#/anyOf/1/items/0/const",keyword:"const",params:{allowedValue: "BlockDevice"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
var valid5 = _errs18 === errors;
}
if(valid5){
if(len3 > 1){
let data7 = data[1];
const _errs19 = errors;
const _errs20 = errors;
if(errors === _errs20){
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
let missing1;
if((data7.path === undefined) && (missing1 = "path")){
const err15 = {instancePath:instancePath+"/1",schemaPath:"#/definitions/path/required",keyword:"required",params:{missingProperty: missing1},message:"must have required property '"+missing1+"'"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
else {
if(data7.path !== undefined){
if(typeof data7.path !== "string"){
const err16 = {instancePath:instancePath+"/1/path",schemaPath:"#/definitions/path/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
}
}
else {
const err17 = {instancePath:instancePath+"/1",schemaPath:"#/definitions/path/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
var valid5 = _errs19 === errors;
}
}
}
}
}
}
else {
const err18 = {instancePath,schemaPath:"#/anyOf/1/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
var _valid0 = _errs16 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs24 = errors;
if(errors === _errs24){
if(Array.isArray(data)){
if(data.length > 2){
const err19 = {instancePath,schemaPath:"#/anyOf/2/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
else {
if(data.length < 2){
const err20 = {instancePath,schemaPath:"#/anyOf/2/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
else {
const len4 = data.length;
if(!(len4 <= 2)){
const err21 = {instancePath,schemaPath:"#/anyOf/2/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
else {
const len5 = data.length;
if(len5 > 0){
const _errs26 = errors;
if("File" !== data[0]){
const err22 = {instancePath:instancePath+"/0",schemaPath:"#/anyOf/2/items/0/const",keyword:"const",params:{allowedValue: "File"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
var valid8 = _errs26 === errors;
}
if(valid8){
if(len5 > 1){
let data10 = data[1];
const _errs27 = errors;
const _errs28 = errors;
if(errors === _errs28){
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
let missing2;
if((data10.path === undefined) && (missing2 = "path")){
const err23 = {instancePath:instancePath+"/1",schemaPath:"#/definitions/path/required",keyword:"required",params:{missingProperty: missing2},message:"must have required property '"+missing2+"'"};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
else {
if(data10.path !== undefined){
if(typeof data10.path !== "string"){
const err24 = {instancePath:instancePath+"/1/path",schemaPath:"#/definitions/path/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
}
}
else {
const err25 = {instancePath:instancePath+"/1",schemaPath:"#/definitions/path/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
var valid8 = _errs27 === errors;
}
}
}
}
}
}
else {
const err26 = {instancePath,schemaPath:"#/anyOf/2/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
var _valid0 = _errs24 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs32 = errors;
if(errors === _errs32){
if(Array.isArray(data)){
if(data.length > 2){
const err27 = {instancePath,schemaPath:"#/anyOf/3/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
else {
if(data.length < 2){
const err28 = {instancePath,schemaPath:"#/anyOf/3/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
else {
const len6 = data.length;
if(!(len6 <= 2)){
const err29 = {instancePath,schemaPath:"#/anyOf/3/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
else {
const len7 = data.length;
if(len7 > 0){
const _errs34 = errors;
if("Nbd" !== data[0]){
const err30 = {instancePath:instancePath+"/0",schemaPath:"#/anyOf/3/items/0/const",keyword:"const",params:{allowedValue: "Nbd"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
var valid11 = _errs34 === errors;
}
if(valid11){
if(len7 > 1){
let data13 = data[1];
const _errs35 = errors;
const _errs36 = errors;
if(errors === _errs36){
if(data13 && typeof data13 == "object" && !Array.isArray(data13)){
let missing3;
if((data13.uri === undefined) && (missing3 = "uri")){
const err31 = {instancePath:instancePath+"/1",schemaPath:"#/definitions/nbd/required",keyword:"required",params:{missingProperty: missing3},message:"must have required property '"+missing3+"'"};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
else {
if(data13.uri !== undefined){
if(typeof data13.uri !== "string"){
const err32 = {instancePath:instancePath+"/1/uri",schemaPath:"#/definitions/nbd/properties/uri/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
}
}
else {
const err33 = {instancePath:instancePath+"/1",schemaPath:"#/definitions/nbd/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
var valid11 = _errs35 === errors;
}
}
}
}
}
}
else {
const err34 = {instancePath,schemaPath:"#/anyOf/3/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
var _valid0 = _errs32 === errors;
valid0 = valid0 || _valid0;
}
}
}
if(!valid0){
const err35 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
validate13.errors = vErrors;
return false;
}
else {
errors = _errs0;
if(vErrors !== null){
if(_errs0){
vErrors.length = _errs0;
}
else {
vErrors = null;
}
}
}
validate13.errors = vErrors;
return errors === 0;
}


function validate17(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.implementations === undefined) && (missing0 = "implementations")){
validate17.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.implementations !== undefined){
let data0 = data.implementations;
const _errs1 = errors;
if(errors === _errs1){
if(Array.isArray(data0)){
var valid1 = true;
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
const _errs3 = errors;
if(!(validate13(data0[i0], {instancePath:instancePath+"/implementations/" + i0,parentData:data0,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate13.errors : vErrors.concat(validate13.errors);
errors = vErrors.length;
}
var valid1 = _errs3 === errors;
if(!valid1){
break;
}
}
}
else {
validate17.errors = [{instancePath:instancePath+"/implementations",schemaPath:"#/properties/implementations/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
}
}
}
else {
validate17.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate17.errors = vErrors;
return errors === 0;
}
