UPDATE numbered SET txt = 'marker of a change';
