UPDATE numbered SET txt = 'marker refused' WHERE id = 6627183945;
