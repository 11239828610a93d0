// Generated from schemas/ by `npm run generate`. Do not edit.
"use strict";
export const params = validate22;
const schema24 = {"type":"object","properties":{"dbg":{"$ref":"types.json#/definitions/dbg"},"id":{"type":"string"}},"required":["dbg","id"]};
const schema13 = {"type":"string"};

function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.dbg === undefined) && (missing0 = "dbg")) || ((data.id === undefined) && (missing0 = "id"))){
validate22.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.dbg !== undefined){
const _errs1 = errors;
if(typeof data.dbg !== "string"){
validate22.errors = [{instancePath:instancePath+"/dbg",schemaPath:"types.json#/definitions/dbg/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.id !== undefined){
const _errs4 = errors;
if(typeof data.id !== "string"){
validate22.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate22.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate22.errors = vErrors;
return errors === 0;
}

export const result = validate23;
const schema14 = {"type":"object","properties":{"id":{"type":"string"},"debug_info":{"type":"string"},"ctime":{"type":"number"},"state":{"$ref":"#/definitions/task_state"}},"required":["id","debug_info","ctime","state"]};
const schema15 = {"anyOf":[{"type":"array","items":[{"const":"Pending"},{"type":"number"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"Completed"},{"$ref":"#/definitions/completion"}],"minItems":2,"maxItems":2,"additionalItems":false},{"type":"array","items":[{"const":"Failed"},{"type":"string"}],"minItems":2,"maxItems":2,"additionalItems":false}]};
const schema16 = {"type":"object","properties":{"duration":{"type":"number"},"result":{"$ref":"#/definitions/task_result"}},"required":["duration"]};
const schema17 = {"anyOf":[{"const":"UnitResult"},{"type":"array","items":[{"const":"Volume"},{"$ref":"#/definitions/volume"}],"minItems":2,"maxItems":2,"additionalItems":false}]};
const schema18 = {"type":"object","properties":{"key":{"$ref":"#/definitions/key"},"uuid":{"type":"string"},"name":{"type":"string"},"description":{"type":"string"},"read_write":{"type":"boolean"},"sharable":{"type":"boolean"},"virtual_size":{"$ref":"#/definitions/int64"},"physical_utilisation":{"$ref":"#/definitions/int64"},"uri":{"type":"array","items":{"$ref":"#/definitions/uri"}},"keys":{"type":"object","additionalProperties":{"type":"string"}},"volume_type":{"$ref":"#/definitions/volume_type","default":"Data"},"cbt_enabled":{"type":"boolean","default":false}},"required":["key","name","description","read_write","sharable","virtual_size","physical_utilisation","uri","keys"]};
const schema19 = {"type":"string"};
const schema20 = {"int64":{}};
const schema22 = {"type":"string"};
const schema23 = {"anyOf":[{"const":"Data"},{"const":"CBT_Metadata"},{"const":"Data_and_CBT_Metadata"}]};

function validate16(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((((((((data.key === undefined) && (missing0 = "key")) || ((data.name === undefined) && (missing0 = "name"))) || ((data.description === undefined) && (missing0 = "description"))) || ((data.read_write === undefined) && (missing0 = "read_write"))) || ((data.sharable === undefined) && (missing0 = "sharable"))) || ((data.virtual_size === undefined) && (missing0 = "virtual_size"))) || ((data.physical_utilisation === undefined) && (missing0 = "physical_utilisation"))) || ((data.uri === undefined) && (missing0 = "uri"))) || ((data.keys === undefined) && (missing0 = "keys"))){
validate16.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.key !== undefined){
const _errs1 = errors;
if(typeof data.key !== "string"){
validate16.errors = [{instancePath:instancePath+"/key",schemaPath:"#/definitions/key/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uuid !== undefined){
const _errs4 = errors;
if(typeof data.uuid !== "string"){
validate16.errors = [{instancePath:instancePath+"/uuid",schemaPath:"#/properties/uuid/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.name !== undefined){
const _errs6 = errors;
if(typeof data.name !== "string"){
validate16.errors = [{instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs6 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.description !== undefined){
const _errs8 = errors;
if(typeof data.description !== "string"){
validate16.errors = [{instancePath:instancePath+"/description",schemaPath:"#/properties/description/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.read_write !== undefined){
const _errs10 = errors;
if(typeof data.read_write !== "boolean"){
validate16.errors = [{instancePath:instancePath+"/read_write",schemaPath:"#/properties/read_write/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs10 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.sharable !== undefined){
const _errs12 = errors;
if(typeof data.sharable !== "boolean"){
validate16.errors = [{instancePath:instancePath+"/sharable",schemaPath:"#/properties/sharable/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs12 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.virtual_size !== undefined){
let data6 = data.virtual_size;
const _errs14 = errors;
if(!(typeof data6 == "bigint" ? data6 >= -(2n ** 63n) && data6 < 2n ** 63n : Number.isSafeInteger(data6) && data6 >= Number.MIN_SAFE_INTEGER)){
validate16.errors = [{instancePath:instancePath+"/virtual_size",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.physical_utilisation !== undefined){
let data7 = data.physical_utilisation;
const _errs16 = errors;
if(!(typeof data7 == "bigint" ? data7 >= -(2n ** 63n) && data7 < 2n ** 63n : Number.isSafeInteger(data7) && data7 >= Number.MIN_SAFE_INTEGER)){
validate16.errors = [{instancePath:instancePath+"/physical_utilisation",schemaPath:"#/definitions/int64/int64",keyword:"int64",params:{},message:"must be a 64-bit integer"}];
return false;
}
var valid0 = _errs16 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uri !== undefined){
let data8 = data.uri;
const _errs18 = errors;
if(errors === _errs18){
if(Array.isArray(data8)){
var valid4 = true;
const len0 = data8.length;
for(let i0=0; i0<len0; i0++){
const _errs20 = errors;
if(typeof data8[i0] !== "string"){
validate16.errors = [{instancePath:instancePath+"/uri/" + i0,schemaPath:"#/definitions/uri/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid4 = _errs20 === errors;
if(!valid4){
break;
}
}
}
else {
validate16.errors = [{instancePath:instancePath+"/uri",schemaPath:"#/properties/uri/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs18 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.keys !== undefined){
let data10 = data.keys;
const _errs23 = errors;
if(errors === _errs23){
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
for(const key0 in data10){
const _errs26 = errors;
if(typeof data10[key0] !== "string"){
validate16.errors = [{instancePath:instancePath+"/keys/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/keys/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid6 = _errs26 === errors;
if(!valid6){
break;
}
}
}
else {
validate16.errors = [{instancePath:instancePath+"/keys",schemaPath:"#/properties/keys/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.volume_type !== undefined){
let data12 = data.volume_type;
const _errs28 = errors;
const _errs30 = errors;
let valid8 = false;
const _errs31 = errors;
if("Data" !== data12){
const err0 = {instancePath:instancePath+"/volume_type",schemaPath:"#/definitions/volume_type/anyOf/0/const",keyword:"const",params:{allowedValue: "Data"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var _valid0 = _errs31 === errors;
valid8 = valid8 || _valid0;
if(!valid8){
const _errs32 = errors;
if("CBT_Metadata" !== data12){
const err1 = {instancePath:instancePath+"/volume_type",schemaPath:"#/definitions/volume_type/anyOf/1/const",keyword:"const",params:{allowedValue: "CBT_Metadata"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var _valid0 = _errs32 === errors;
valid8 = valid8 || _valid0;
if(!valid8){
const _errs33 = errors;
if("Data_and_CBT_Metadata" !== data12){
const err2 = {instancePath:instancePath+"/volume_type",schemaPath:"#/definitions/volume_type/anyOf/2/const",keyword:"const",params:{allowedValue: "Data_and_CBT_Metadata"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var _valid0 = _errs33 === errors;
valid8 = valid8 || _valid0;
}
}
if(!valid8){
const err3 = {instancePath:instancePath+"/volume_type",schemaPath:"#/definitions/volume_type/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
validate16.errors = vErrors;
return false;
}
else {
errors = _errs30;
if(vErrors !== null){
if(_errs30){
vErrors.length = _errs30;
}
else {
vErrors = null;
}
}
}
var valid0 = _errs28 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.cbt_enabled !== undefined){
const _errs34 = errors;
if(typeof data.cbt_enabled !== "boolean"){
validate16.errors = [{instancePath:instancePath+"/cbt_enabled",schemaPath:"#/properties/cbt_enabled/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs34 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
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


function validate15(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs0 = errors;
let valid0 = false;
const _errs1 = errors;
if("UnitResult" !== data){
const err0 = {instancePath,schemaPath:"#/anyOf/0/const",keyword:"const",params:{allowedValue: "UnitResult"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs2 = errors;
if(errors === _errs2){
if(Array.isArray(data)){
if(data.length > 2){
const err1 = {instancePath,schemaPath:"#/anyOf/1/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
else {
if(data.length < 2){
const err2 = {instancePath,schemaPath:"#/anyOf/1/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
else {
const len0 = data.length;
if(!(len0 <= 2)){
const err3 = {instancePath,schemaPath:"#/anyOf/1/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
else {
const len1 = data.length;
if(len1 > 0){
const _errs4 = errors;
if("Volume" !== data[0]){
const err4 = {instancePath:instancePath+"/0",schemaPath:"#/anyOf/1/items/0/const",keyword:"const",params:{allowedValue: "Volume"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
var valid1 = _errs4 === errors;
}
if(valid1){
if(len1 > 1){
const _errs5 = errors;
if(!(validate16(data[1], {instancePath:instancePath+"/1",parentData:data,parentDataProperty:1,rootData}))){
vErrors = vErrors === null ? validate16.errors : vErrors.concat(validate16.errors);
errors = vErrors.length;
}
var valid1 = _errs5 === errors;
}
}
}
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/anyOf/1/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
var _valid0 = _errs2 === errors;
valid0 = valid0 || _valid0;
}
if(!valid0){
const err6 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
validate15.errors = vErrors;
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
validate15.errors = vErrors;
return errors === 0;
}


function validate14(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.duration === undefined) && (missing0 = "duration")){
validate14.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.duration !== undefined){
let data0 = data.duration;
const _errs1 = errors;
if(!((typeof data0 == "number") && (isFinite(data0)))){
validate14.errors = [{instancePath:instancePath+"/duration",schemaPath:"#/properties/duration/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.result !== undefined){
const _errs3 = errors;
if(!(validate15(data.result, {instancePath:instancePath+"/result",parentData:data,parentDataProperty:"result",rootData}))){
vErrors = vErrors === null ? validate15.errors : vErrors.concat(validate15.errors);
errors = vErrors.length;
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
}
}
}
else {
validate14.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate14.errors = vErrors;
return errors === 0;
}


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
if("Pending" !== data[0]){
const err3 = {instancePath:instancePath+"/0",schemaPath:"#/anyOf/0/items/0/const",keyword:"const",params:{allowedValue: "Pending"},message:"must be equal to constant"};
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
if(!((typeof data1 == "number") && (isFinite(data1)))){
const err4 = {instancePath:instancePath+"/1",schemaPath:"#/anyOf/0/items/1/type",keyword:"type",params:{type: "number"},message:"must be number"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
var valid1 = _errs4 === errors;
}
}
}
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/anyOf/0/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
var _valid0 = _errs1 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs6 = errors;
if(errors === _errs6){
if(Array.isArray(data)){
if(data.length > 2){
const err6 = {instancePath,schemaPath:"#/anyOf/1/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
else {
if(data.length < 2){
const err7 = {instancePath,schemaPath:"#/anyOf/1/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
else {
const len2 = data.length;
if(!(len2 <= 2)){
const err8 = {instancePath,schemaPath:"#/anyOf/1/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
else {
const len3 = data.length;
if(len3 > 0){
const _errs8 = errors;
if("Completed" !== data[0]){
const err9 = {instancePath:instancePath+"/0",schemaPath:"#/anyOf/1/items/0/const",keyword:"const",params:{allowedValue: "Completed"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
var valid2 = _errs8 === errors;
}
if(valid2){
if(len3 > 1){
const _errs9 = errors;
if(!(validate14(data[1], {instancePath:instancePath+"/1",parentData:data,parentDataProperty:1,rootData}))){
vErrors = vErrors === null ? validate14.errors : vErrors.concat(validate14.errors);
errors = vErrors.length;
}
var valid2 = _errs9 === errors;
}
}
}
}
}
}
else {
const err10 = {instancePath,schemaPath:"#/anyOf/1/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
var _valid0 = _errs6 === errors;
valid0 = valid0 || _valid0;
if(!valid0){
const _errs10 = errors;
if(errors === _errs10){
if(Array.isArray(data)){
if(data.length > 2){
const err11 = {instancePath,schemaPath:"#/anyOf/2/maxItems",keyword:"maxItems",params:{limit: 2},message:"must NOT have more than 2 items"};
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
const err12 = {instancePath,schemaPath:"#/anyOf/2/minItems",keyword:"minItems",params:{limit: 2},message:"must NOT have fewer than 2 items"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
else {
const len4 = data.length;
if(!(len4 <= 2)){
const err13 = {instancePath,schemaPath:"#/anyOf/2/additionalItems",keyword:"additionalItems",params:{limit: 2},message:"must NOT have more than 2 items"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
else {
const len5 = data.length;
if(len5 > 0){
const _errs12 = errors;
if("Failed" !== data[0]){
const err14 = {instancePath:instancePath+"/0",schemaPath:"#/anyOf/2/items/0/const",keyword:"const",params:{allowedValue: "Failed"},message:"must be equal to constant"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
var valid3 = _errs12 === errors;
}
if(valid3){
if(len5 > 1){
const _errs13 = errors;
if(typeof data[1] !== "string"){
const err15 = {instancePath:instancePath+"/1",schemaPath:"#/anyOf/2/items/1/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
var valid3 = _errs13 === errors;
}
}
}
}
}
}
else {
const err16 = {instancePath,schemaPath:"#/anyOf/2/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
var _valid0 = _errs10 === errors;
valid0 = valid0 || _valid0;
}
}
if(!valid0){
const err17 = {instancePath,schemaPath:"#/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
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


function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((data.id === undefined) && (missing0 = "id")) || ((data.debug_info === undefined) && (missing0 = "debug_info"))) || ((data.ctime === undefined) && (missing0 = "ctime"))) || ((data.state === undefined) && (missing0 = "state"))){
validate23.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.id !== undefined){
const _errs1 = errors;
if(typeof data.id !== "string"){
validate23.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.debug_info !== undefined){
const _errs3 = errors;
if(typeof data.debug_info !== "string"){
validate23.errors = [{instancePath:instancePath+"/debug_info",schemaPath:"#/properties/debug_info/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ctime !== undefined){
let data2 = data.ctime;
const _errs5 = errors;
if(!((typeof data2 == "number") && (isFinite(data2)))){
validate23.errors = [{instancePath:instancePath+"/ctime",schemaPath:"#/properties/ctime/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.state !== undefined){
const _errs7 = errors;
if(!(validate13(data.state, {instancePath:instancePath+"/state",parentData:data,parentDataProperty:"state",rootData}))){
vErrors = vErrors === null ? validate13.errors : vErrors.concat(validate13.errors);
errors = vErrors.length;
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
}
else {
validate23.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate23.errors = vErrors;
return errors === 0;
}
